// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Running what must not run, reaching into a process (our own child), taking other rights. */
#include <linux/capability.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include "attack.h"

/* FOLDER/denied is a copy of us that no allow list names; what it leaves is FOLDER/mark. */
static void run_denied(struct scene *scene, const char *name)
{
	char mark[4096];

	snprintf(mark, sizeof(mark), "%s", in(scene, "mark"));
	note(scene, execl(in(scene, name), name, "mark", mark, NULL));
}

static void by_exec(struct scene *scene) { run_denied(scene, "denied"); }
static void by_allowed_exec(struct scene *scene) { run_denied(scene, "allowed"); }

static void by_descriptor(struct scene *scene)
{
	char mark[4096];
	char *const arguments[] = {"x", "mark", mark, NULL}, *const nothing[] = {NULL};

	snprintf(mark, sizeof(mark), "%s", in(scene, "mark"));
	note(scene, fexecve(open(in(scene, "denied"), O_RDONLY | O_CLOEXEC), arguments, nothing));
}

static void by_memory_file(struct scene *scene)
{
	char mark[4096], block[65536];
	char *const arguments[] = {"x", "mark", mark, NULL}, *const nothing[] = {NULL};
	int from = open(in(scene, "denied"), O_RDONLY), to = memfd_create("x", 0);
	ssize_t got;

	while ((got = read(from, block, sizeof(block))) > 0)
		if (write(to, block, got) != got)
			break;
	snprintf(mark, sizeof(mark), "%s", in(scene, "mark"));
	close(from);
	note(scene, fexecve(to, arguments, nothing));
}

static void by_shell(struct scene *scene)
{
	char command[4200];

	snprintf(command, sizeof(command), ": > '%s'", in(scene, "mark"));
	note(scene, execl("/bin/sh", "sh", "-c", command, NULL));
}

static bool was_marked(struct scene *scene)
{
	struct stat found;
	bool there = stat(in(scene, "mark"), &found) == 0;

	unlink(in(scene, "mark"));
	return there;
}

static void by_attach(struct scene *scene)
{
	if (scene->victim <= 1) {
		scene->shared->unsupported = 1;
		return;
	}
	/* One that lives goes on and is let go when we end; one that is killed may leave it stopped. */
	scene->shared->effect = note(scene, ptrace(PTRACE_ATTACH, scene->victim, NULL, NULL)) == 0;
}

/* T and t: stopped, by us or because the one that attached is dead. */
static bool was_stopped(struct scene *scene)
{
	char path[64], line[512] = "";
	const char *state;
	FILE *file;

	if (scene->shared->effect)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)scene->victim);
	file = fopen(path, "r");
	if (!file)
		return false;
	state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return state && (state[2] == 'T' || state[2] == 't');
}

static void by_reading_memory(struct scene *scene)
{
	char text[sizeof(scene->shared->memory)] = "";
	struct iovec here = {text, sizeof(text)}, there = {scene->shared->memory, sizeof(text)};

	if (scene->victim <= 1)
		return;
	note(scene, process_vm_readv(scene->victim, &here, 1, &there, 1, 0));
	scene->shared->effect = !strcmp(text, SECRET);
}

static void by_memory_in_proc(struct scene *scene)
{
	char path[64], text[sizeof(scene->shared->memory)] = "";
	int file;

	if (scene->victim <= 1)
		return;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)scene->victim);
	file = note(scene, open(path, O_RDONLY));
	if (file >= 0 && note(scene, pread(file, text, sizeof(text), (off_t)(unsigned long)scene->shared->memory)) > 0)
		scene->shared->effect = !strcmp(text, SECRET);
}

static void by_setuid(struct scene *scene)
{
	note(scene, syscall(SYS_setuid, 65534));
	scene->shared->effect = getuid() == 65534;
}

static void by_capset(struct scene *scene)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	syscall(SYS_capget, &head, data);
	data[0].inheritable ^= 1 & data[0].permitted;
	scene->shared->effect = note(scene, syscall(SYS_capset, &head, data)) == 0;
}

/* Rubbish of a module's size: unguarded it is ENOEXEC. Less than a header would fail before any hook is asked. */
static void by_init_module(struct scene *scene)
{
	static char rubbish[4096] = "\177ELF";

	note(scene, syscall(SYS_init_module, rubbish, sizeof(rubbish), ""));
}

static void by_finit_module(struct scene *scene)
{
	note(scene, syscall(SYS_finit_module, open(in(scene, "path"), O_RDONLY), "", 0));
}

/* Its own child is the only one that it makes, and it is checked before anything is done with it. */
static void by_fork(struct scene *scene)
{
	pid_t child = note(scene, fork());

	if (child == 0)
		_exit(0);
	scene->shared->effect = child > 1;
	if (child > 1)
		waitpid(child, NULL, 0);
}

const struct attack process_attacks[] = {
	{"exec", by_exec, was_marked, 0},
	{"fexecve", by_descriptor, was_marked, 0},
	{"memfd", by_memory_file, was_marked, 0},
	{"shell", by_shell, was_marked, 0},
	{"ptrace_attach", by_attach, was_stopped, 1},
	{"process_vm_readv", by_reading_memory, NULL, 1},
	{"proc_mem", by_memory_in_proc, NULL, 1},
	{"setuid", by_setuid, NULL, 0},
	{"capset", by_capset, NULL, 0},
	{"init_module", by_init_module, NULL, 0},
	{"finit_module", by_finit_module, NULL, 0},
	{"fork", by_fork, NULL, 0},
	{"allowed_exec", by_allowed_exec, was_marked, 0},
	{NULL, NULL, NULL, 0},
};
