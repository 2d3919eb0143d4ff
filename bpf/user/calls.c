// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* System calls by name. The numbers are those of the headers we are built with (calls.inc, made by the Makefile). */
#include <string.h>
#include "skeleton.h"
#include "sensor.h"

static const struct {
	const char *name;
	int number;
} known[] = {
#include "calls.inc"
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

/* Which LSM hook answers, where the path is, and what must be looked at. */
static const struct {
	const char *name;
	struct call call;
} special[] = {
	{"open", {RP_CLASS_OPEN, 1, CALL_OPEN}},
	{"creat", {RP_CLASS_OPEN, 1, CALL_OPEN}},
	{"openat", {RP_CLASS_OPEN, 2, CALL_OPEN}},
	{"openat2", {RP_CLASS_OPEN, 2, CALL_OPEN}},
	{"open_by_handle_at", {RP_CLASS_OPEN, 0, CALL_HANDLE}},
	{"unlink", {RP_CLASS_UNLINK, 1, CALL_CHANGE}},
	{"unlinkat", {RP_CLASS_UNLINK, 2, CALL_CHANGE}},
	{"rmdir", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"truncate", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"rename", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"renameat", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"renameat2", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"link", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"linkat", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"chmod", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"fchmodat", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"mknod", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"mknodat", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"mkdir", {RP_CLASS_NONE, 1, CALL_CHANGE}},
	{"mkdirat", {RP_CLASS_NONE, 2, CALL_CHANGE}},
	{"execve", {RP_CLASS_EXEC, 0, CALL_PLAIN}},
	{"execveat", {RP_CLASS_EXEC, 0, CALL_PLAIN}},
	{"fork", {RP_CLASS_FORK, 0, CALL_PLAIN}},
	{"vfork", {RP_CLASS_FORK, 0, CALL_PLAIN}},
	{"clone", {RP_CLASS_FORK, 0, CALL_CLONE}},
	{"clone3", {RP_CLASS_FORK, 0, CALL_CLONE3}},
	{"ptrace", {RP_CLASS_PTRACE, 0, CALL_PLAIN}},
	{"process_vm_readv", {RP_CLASS_PTRACE, 0, CALL_PLAIN}},
	{"process_vm_writev", {RP_CLASS_PTRACE, 0, CALL_PLAIN}},
	{"init_module", {RP_CLASS_MODULE, 0, CALL_PLAIN}},
	{"finit_module", {RP_CLASS_MODULE, 0, CALL_PLAIN}},
	{"kexec_load", {RP_CLASS_KEXEC, 0, CALL_PLAIN}},
	{"kexec_file_load", {RP_CLASS_KEXEC, 0, CALL_PLAIN}},
	{"setuid", {RP_CLASS_SETUID, 0, CALL_PLAIN}},
	{"setreuid", {RP_CLASS_SETUID, 0, CALL_PLAIN}},
	{"setresuid", {RP_CLASS_SETUID, 0, CALL_PLAIN}},
	{"setfsuid", {RP_CLASS_SETUID, 0, CALL_PLAIN}},
	{"setgid", {RP_CLASS_SETGID, 0, CALL_PLAIN}},
	{"setregid", {RP_CLASS_SETGID, 0, CALL_PLAIN}},
	{"setresgid", {RP_CLASS_SETGID, 0, CALL_PLAIN}},
	{"setfsgid", {RP_CLASS_SETGID, 0, CALL_PLAIN}},
	{"setgroups", {RP_CLASS_SETGID, 0, CALL_PLAIN}},
	{"capset", {RP_CLASS_CAPSET, 0, CALL_PLAIN}},
	{"connect", {RP_CLASS_CONNECT, 0, CALL_CONNECT}},
	{"sendto", {RP_CLASS_NONE, 0, CALL_SENDTO}},
	{"sendmsg", {RP_CLASS_NONE, 0, CALL_SENDMSG}},
	{"io_uring_setup", {RP_CLASS_NONE, 0, CALL_IO_URING}},
	{"chroot", {RP_CLASS_NONE, 0, CALL_CHROOT}},
	{"pivot_root", {RP_CLASS_NONE, 0, CALL_CHROOT}},
};

int call_number(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (!strcmp(known[i].name, name))
			return known[i].number < RP_SYSCALLS ? known[i].number : -1;
	return -1;
}

const char *call_name(int number)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].number == number)
			return known[i].name;
	return NULL;
}

__u32 call_class(int number)
{
	const char *name = call_name(number);

	for (size_t i = 0; name && i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(special[i].name, name))
			return special[i].call.class;
	return RP_CLASS_NONE;
}

void fill_calls(struct guard *guard)
{
	struct call *calls = (struct call *)guard->rodata->rp_calls;

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		int number = call_number(special[i].name);

		if (number >= 0)
			calls[number] = special[i].call;
	}
}
