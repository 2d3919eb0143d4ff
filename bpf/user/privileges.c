// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * After loading we hold descriptors of maps and links; using them needs no
 * capability (measured on 6.1, 6.12, 6.18). What stays is the right to look up
 * a protected file's inode behind closed directories, and nothing else.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sensor.h"

#define NOBODY 65534

static int set_capabilities(__u64 mask)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (__u32)mask, .permitted = (__u32)mask},
		{.effective = mask >> 32, .permitted = mask >> 32},
	};

	return syscall(SYS_capset, &head, data);
}

const char *drop_privileges(void)
{
	__u64 keep = 1ull << CAP_DAC_READ_SEARCH;

	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (prctl(PR_CAPBSET_DROP, capability) && errno == EPERM)
			break; /* without SETPCAP the set we have is the bound */
	if (prctl(PR_SET_KEEPCAPS, 1))
		return "all: the kernel does not keep capabilities over setuid";
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)) {
		set_capabilities(keep);
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? "uid kept" : "uid kept, CAP_DAC_READ_SEARCH";
	}
	if (set_capabilities(keep) && set_capabilities(0))
		return "uid 65534, capabilities kept";
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0);
	return "uid 65534, CAP_DAC_READ_SEARCH";
}
