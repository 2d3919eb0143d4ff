// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What this kernel lets us do is found out by doing it: versions lie in both
 * directions. Every hook ends up attached, missing, failed or spare, with errno.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dirent.h>
#include "skeleton.h"
#include "sensor.h"

static struct bpf_link *links[HOOKS_MAX];
static char failed_program[64];
static int failed_error;

/* libbpf says which program the kernel refused only here; the arguments are read, not the finished text. */
static int on_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN && strstr(format, "prog '%s': failed to load: %d")) {
		va_list copy;

		va_copy(copy, arguments);
		snprintf(failed_program, sizeof(failed_program), "%s", va_arg(copy, const char *));
		failed_error = -va_arg(copy, int);
		va_end(copy);
	}
	if (getenv("RUNPROOF_SENSOR_DEBUG"))
		return vfprintf(stderr, format, arguments);
	return 0;
}

static struct hook *hook_of(struct attached *in, const char *program)
{
	for (int i = 0; i < in->hook_count; i++)
		if (!strcmp(in->hooks[i].program, program))
			return &in->hooks[i];
	return NULL;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool left_out(const struct options *options, struct hook *hook)
{
	if ((options->no_lsm && starts(hook->name, "lsm/")) || (options->no_cgroup && starts(hook->name, "cgroup/"))) {
		hook->state = HOOK_SPARE;
		hook->note = "switched off by option";
	}
	return hook->state != HOOK_ATTACHED;
}

/* Where no LSM program may be loaded at all, one that does nothing shows it; finding out by the whole set takes twice as long. */
static int lsm_error(void)
{
	struct bpf_insn nothing[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, with, .expected_attach_type = BPF_LSM_MAC);
	int program;

	with.attach_btf_id = libbpf_find_vmlinux_btf_id("file_open", BPF_LSM_MAC);
	if ((int)with.attach_btf_id < 0)
		return ESRCH;
	program = bpf_prog_load(BPF_PROG_TYPE_LSM, "probe", "GPL", nothing, 2, &with);
	if (program < 0)
		return errno;
	close(program);
	return 0;
}

static void give_up_lsm(struct attached *in, int error)
{
	for (int i = 0; i < in->hook_count; i++) {
		if (!starts(in->hooks[i].name, "lsm/") || in->hooks[i].state != HOOK_ATTACHED)
			continue;
		in->hooks[i].state = HOOK_FAILED;
		in->hooks[i].error = error;
		in->hooks[i].note = "load";
	}
}

static bool open_guard(struct attached *to, const struct options *options)
{
	struct bpf_program *program;
	int cpus = libbpf_num_possible_cpus();
	bool first = !to->hook_count;

	to->guard = guard__open();
	if (!to->guard)
		return false;
	if (first) {
		bpf_object__for_each_program(program, to->guard->obj) {
			struct hook *hook = &to->hooks[to->hook_count++];

			hook->name = strdup(bpf_program__section_name(program));
			hook->program = strdup(bpf_program__name(program));
			hook->state = HOOK_ATTACHED; /* until we know better */
		}
	}
	if (first && !options->no_lsm) {
		int error = lsm_error();

		if (error)
			give_up_lsm(to, error);
	}
	bpf_object__for_each_program(program, to->guard->obj) {
		struct hook *hook = hook_of(to, bpf_program__name(program));

		if (!hook || left_out(options, hook))
			bpf_program__set_autoload(program, false);
	}
	fill_calls(to->guard);
	to->guard->rodata->rp_scratches = cpus * SCRATCH_PER_CPU;
	bpf_map__set_max_entries(to->guard->maps.scratches, cpus * SCRATCH_PER_CPU);
	bpf_map__set_max_entries(to->guard->maps.events, options->ring_bytes);
	return true;
}

/* One refusal ends the whole load, so it is left out and we begin again. */
static bool load(struct attached *to, const struct options *options)
{
	libbpf_set_print(on_message);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	for (int attempt = 0; attempt < HOOKS_MAX; attempt++) {
		struct hook *hook;
		int error;

		if (!open_guard(to, options))
			return false;
		failed_program[0] = 0;
		error = guard__load(to->guard);
		if (!error)
			return true;
		guard__destroy(to->guard);
		to->guard = NULL;
		hook = hook_of(to, failed_program);
		if (!hook || starts(hook->name, "raw_tp/")) {
			fprintf(stderr, "cannot load %s: %s\n", failed_program[0] ? failed_program : "the maps", strerror(-error));
			return false;
		}
		hook->state = failed_error == ESRCH || failed_error == ENOENT ? HOOK_MISSING : HOOK_FAILED;
		hook->error = failed_error;
		hook->note = "load";
	}
	return false;
}

/* The root of the cgroup2 tree, wherever it is mounted. */
static int open_cgroup(void)
{
	char line[1024], where[512], type[64];
	FILE *mounts = fopen("/proc/self/mounts", "r");
	int folder = -1;

	while (mounts && folder < 0 && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %511s %63s", where, type) == 2 && !strcmp(type, "cgroup2"))
			folder = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mounts)
		fclose(mounts);
	return folder;
}

static void attach_one(struct attached *to, struct hook *hook, int index, int cgroup)
{
	struct bpf_program *program = bpf_object__find_program_by_name(to->guard->obj, hook->program);
	bool in_cgroup = starts(hook->name, "cgroup/");

	if (hook->state != HOOK_ATTACHED)
		return;
	if (in_cgroup && cgroup < 0) {
		hook->state = HOOK_MISSING;
		hook->error = ENOENT;
		hook->note = "no cgroup2 tree is mounted";
		return;
	}
	errno = 0;
	links[index] = in_cgroup ? bpf_program__attach_cgroup(program, cgroup) : bpf_program__attach(program);
	if (links[index])
		return;
	hook->error = errno;
	hook->state = errno == ENOENT || errno == ESRCH ? HOOK_MISSING : HOOK_FAILED;
	hook->note = "attach";
}

/* A hook that attaches need not run: LSM without bpf in the kernel's list, cgroup2 beside net_cls. We do what they watch, and look. */
static void check_alive(struct attached *to)
{
	struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (descriptor >= 0)
		close(descriptor);
	descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor >= 0) {
		/* UDP: names an address, sends nothing. */
		(void)!connect(descriptor, (struct sockaddr *)&nobody, sizeof(nobody));
		close(descriptor);
	}
	for (int i = 0; i < to->hook_count; i++) {
		struct hook *hook = &to->hooks[i];
		bool dead = (starts(hook->name, "lsm/") && !to->guard->bss->rp_lsm_alive && has_hook(to, "lsm/file_open")) ||
			    (starts(hook->name, "cgroup/") && !to->guard->bss->rp_cgroup_alive);

		if (hook->state != HOOK_ATTACHED || !dead)
			continue;
		bpf_link__destroy(links[i]);
		links[i] = NULL;
		hook->state = HOOK_FAILED;
		hook->note = "attached, but the kernel does not call it";
	}
}

bool has_hook(const struct attached *in, const char *name)
{
	for (int i = 0; i < in->hook_count; i++)
		if (!strcmp(in->hooks[i].name, name))
			return in->hooks[i].state == HOOK_ATTACHED;
	return false;
}

__u64 hook_bits(const struct attached *in)
{
	__u64 bits = 0;

	for (int i = 0; i < in->hook_count; i++)
		bits |= (__u64)(in->hooks[i].state == HOOK_ATTACHED) << i;
	return bits;
}

static const struct {
	__u32 class;
	const char *hooks[2];
} answers[] = {
	{RP_CLASS_EXEC, {"lsm/bprm_check_security"}},
	{RP_CLASS_FORK, {"lsm/task_alloc"}},
	{RP_CLASS_PTRACE, {"lsm/ptrace_access_check", "lsm/ptrace_traceme"}},
	{RP_CLASS_MODULE, {"lsm/kernel_read_file", "lsm/kernel_load_data"}},
	{RP_CLASS_KEXEC, {"lsm/kernel_read_file", "lsm/kernel_load_data"}},
	{RP_CLASS_SETUID, {"lsm/task_fix_setuid"}},
	{RP_CLASS_SETGID, {"lsm/task_fix_setgid", "lsm/task_fix_setgroups"}},
	{RP_CLASS_CAPSET, {"lsm/capset"}},
	{RP_CLASS_CONNECT, {"lsm/socket_connect"}},
	{RP_CLASS_OPEN, {"lsm/file_open"}},
	{RP_CLASS_UNLINK, {"lsm/path_unlink"}},
};

static void work_out_powers(struct attached *to)
{
	to->lsm_open = has_hook(to, "lsm/file_open");
	to->lsm_exec = has_hook(to, "lsm/bprm_check_security");
	to->lsm_net = has_hook(to, "lsm/socket_connect") && has_hook(to, "lsm/socket_sendmsg");
	to->cgroup = has_hook(to, "cgroup/connect4") && has_hook(to, "cgroup/connect6") && has_hook(to, "cgroup/sendmsg4") &&
		     has_hook(to, "cgroup/sendmsg6");
	to->lsm = to->lsm_open || to->lsm_exec;
	to->lsm_classes = 0;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		bool all = has_hook(to, answers[i].hooks[0]) && (!answers[i].hooks[1] || has_hook(to, answers[i].hooks[1]));

		to->lsm_classes |= (__u32)all << answers[i].class;
	}
	to->guard->bss->rp_lsm_classes = to->lsm_classes;
	to->guard->bss->rp_lsm_open = to->lsm_open;
	to->guard->bss->rp_net_hooked = (to->cgroup ? 1 : 0) | (to->lsm_net ? 2 : 0);
}

static void pin(const struct attached *what)
{
	char path[256];

	/* No dots: bpffs takes none. */
	if (mkdir(PIN_FOLDER, 0700) && errno != EEXIST)
		fprintf(stderr, "cannot pin: %s: %s\n", PIN_FOLDER, strerror(errno));
	for (int i = 0; i < what->hook_count; i++) {
		if (!links[i])
			continue;
		snprintf(path, sizeof(path), PIN_FOLDER "/%s_new", what->hooks[i].program);
		unlink(path);
		if (bpf_link__pin(links[i], path))
			fprintf(stderr, "cannot pin %s: %s\n", path, strerror(errno));
	}
}

bool attach_all(struct attached *to, const struct options *options)
{
	int cgroup;

	if (!load(to, options))
		return false;
	to->guard->bss->rp_spared[0] = getpid();
	to->guard->bss->rp_spared[1] = getppid();
	cgroup = open_cgroup();
	for (int i = 0; i < to->hook_count; i++)
		if (strcmp(to->hooks[i].name, "raw_tp/sys_exit"))
			attach_one(to, &to->hooks[i], i, cgroup);
	if (cgroup >= 0)
		close(cgroup);
	check_alive(to);
	work_out_powers(to);
	for (int i = 0; i < to->hook_count; i++) {
		struct hook *hook = &to->hooks[i];

		if (strcmp(hook->name, "raw_tp/sys_exit"))
			continue;
		if (!to->lsm_open) {
			attach_one(to, hook, i, -1);
			continue;
		}
		/* It would tax every system call to tell what LSM has told already. */
		hook->state = HOOK_SPARE;
		hook->note = "lsm/file_open sees every open";
	}
	if (options->persist)
		pin(to);
	return has_hook(to, "raw_tp/sys_enter") && has_hook(to, "raw_tp/sched_process_fork") &&
	       has_hook(to, "raw_tp/sched_process_exec") && has_hook(to, "raw_tp/sched_process_exit");
}

void detach_all(struct attached *from)
{
	for (int i = 0; i < from->hook_count; i++)
		if (links[i])
			bpf_link__destroy(links[i]);
	memset(links, 0, sizeof(links));
}

/* Ours take the place of those that an earlier sensor left: only now, so that there is no moment without either. */
void retire_old_pins(void)
{
	DIR *folder = opendir(PIN_FOLDER);
	struct dirent *entry;
	char from[512], to[512];

	while (folder && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length < 5 || strcmp(entry->d_name + length - 4, "_new"))
			continue;
		snprintf(from, sizeof(from), PIN_FOLDER "/%s", entry->d_name);
		snprintf(to, sizeof(to), PIN_FOLDER "/%.*s", (int)length - 4, entry->d_name);
		unlink(to);
		rename(from, to);
	}
	if (folder)
		closedir(folder);
}

int unpin_all(void)
{
	DIR *folder = opendir(PIN_FOLDER);
	struct dirent *entry;
	char path[512];
	int count = 0;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), PIN_FOLDER "/%s", entry->d_name);
		if (entry->d_name[0] != '.' && !unlink(path))
			count++;
	}
	if (folder)
		closedir(folder);
	rmdir(PIN_FOLDER);
	return count;
}
