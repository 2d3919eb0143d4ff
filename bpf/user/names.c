// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The words of the protocol, in the order of the numbers in guard.h. */
#include "sensor.h"

const char *const kind_names[] = {"exec", "file", "network", "syscall", "process"};
const char *const mode_names[] = {"audit", "alert", "enforce"};
const char *const effect_names[] = {"observed", "prevented", "terminated", "unknown"};
const char *const mechanism_names[] = {"tracepoint", "bpf_lsm", "cgroup", "sigkill"};
const char *const blind_names[RP_BLINDS] = {
	"io_uring",  "compat",	   "memfd_exec", "shared_files", "entry_unreadable", "unreadable",
	"long_path", "no_scratch", "untracked",	 "relative_name", "file_handle",     "chroot",
};
const char *const class_names[RP_CLASSES] = {
	"none",	  "exec",   "fork",   "ptrace",	 "module", "kexec",
	"setuid", "setgid", "capset", "connect", "open",   "unlink", "io_uring",
};
