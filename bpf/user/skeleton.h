/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The programs, as bpftool made them, with the types of their maps before them. */
#ifndef RUNPROOF_SKELETON_H
#define RUNPROOF_SKELETON_H

#include <linux/types.h>
#include "../guard.h"
#include "../kernel/maps.h"
#include "guard.skel.h"

#endif
