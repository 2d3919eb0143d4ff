// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One object, in the order in which it is read: what is kept, what is common, then hook by hook. */
#include <stdbool.h>
#include <stddef.h>
#include "types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "../guard.h"
#include "arch.h"
#include "maps.h"
#include "common.h"
#include "path.h"
#include "process.h"
#include "files.h"
#include "network.h"
#include "calls.h"
#include "lsm.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
