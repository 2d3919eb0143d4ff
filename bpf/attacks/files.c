// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Every way that we know to get at FOLDER/secret, which a policy blocks. */
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/prctl.h>
#include "attack.h"

static void read_by(struct scene *scene, const char *path)
{
	note_leak(scene, note(scene, open(path, O_RDONLY)));
}

static void by_open(struct scene *scene)
{
#ifdef SYS_open
	note_leak(scene, note(scene, syscall(SYS_open, in(scene, "secret/key"), O_RDONLY)));
#else
	read_by(scene, in(scene, "secret/key"));
#endif
}

static void by_openat(struct scene *scene) { read_by(scene, in(scene, "secret/key")); }

static void by_openat2(struct scene *scene)
{
	struct open_how how = {.flags = O_RDONLY};

	note_leak(scene, note(scene, syscall(SYS_openat2, AT_FDCWD, in(scene, "secret/key"), &how, sizeof(how))));
}

static void by_create(struct scene *scene) { note(scene, open(in(scene, "secret/new"), O_WRONLY | O_CREAT, 0644)); }
static void by_truncating_open(struct scene *scene) { note(scene, open(in(scene, "secret/truncate"), O_WRONLY | O_TRUNC)); }
static void by_truncate(struct scene *scene) { note(scene, truncate(in(scene, "secret/truncate2"), 0)); }
static void by_symlink(struct scene *scene) { read_by(scene, in(scene, "soft")); }
static void by_hard_link(struct scene *scene) { read_by(scene, in(scene, "hard")); }

static void by_relative(struct scene *scene)
{
	if (!chdir(in(scene, "secret")))
		read_by(scene, "key");
}

static void by_dot_dot(struct scene *scene) { read_by(scene, in(scene, "other/../secret/key")); }

static void by_proc_root(struct scene *scene)
{
	char path[4200];

	snprintf(path, sizeof(path), "/proc/self/root%s", in(scene, "secret/key"));
	read_by(scene, path);
}

/* The page that holds the path is not in memory when the guard looks at it; it is when the kernel does. */
static void by_unread_page(struct scene *scene)
{
	int file = open(in(scene, "path"), O_RDONLY);
	const char *path = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);

	if (path == MAP_FAILED)
		scene->shared->unsupported = 1;
	else
		note_leak(scene, note(scene, syscall(SYS_openat, AT_FDCWD, path, O_RDONLY)));
}

static void by_ia32(struct scene *scene)
{
#ifdef __x86_64__
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	strcpy(path, in(scene, "secret/key"));
	/* Where the kernel has no 32-bit calls this is a signal, which the parent calls unsupported. */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(5L), "b"(path), "c"((long)O_RDONLY), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
	result = (int)result;
	errno = result < 0 ? -result : 0;
	note_leak(scene, note(scene, result < 0 ? -1 : result));
#else
	scene->shared->unsupported = 1;
#endif
}

static void by_io_uring(struct scene *scene)
{
	struct uring_call call = {IORING_OP_OPENAT, AT_FDCWD, (unsigned long)in(scene, "secret/key"), 0, 0};
	int result = uring_call(&call);

	scene->shared->unsupported = result == -ENOSYS;
	errno = result < 0 ? -result : 0;
	note_leak(scene, note(scene, result < 0 ? -1 : result));
}

static struct scene *opener_scene;

static int open_for_sibling(void *unused)
{
	(void)unused;
	note(opener_scene, open(in(opener_scene, "secret/key"), O_RDONLY));
	return 0;
}

/* The one that opens may be killed; the one that shares its descriptors reads. */
static void by_shared_files(struct scene *scene)
{
	static char stack[65536] __attribute__((aligned(16)));
	int next = dup(0), status = 0;
	pid_t opener;

	close(next);
	opener_scene = scene;
	opener = clone(open_for_sibling, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	if (opener <= 1) {
		note(scene, -1);
		return;
	}
	waitpid(opener, &status, 0);
	scene->shared->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	note_leak(scene, next);
}

static void by_rename_of_self(struct scene *scene)
{
	prctl(PR_SET_NAME, "innocent");
	read_by(scene, in(scene, "secret/key"));
}

static void by_unlink(struct scene *scene) { note(scene, unlink(in(scene, "secret/victim"))); }
static void by_rename(struct scene *scene) { note(scene, rename(in(scene, "secret/victim2"), in(scene, "moved"))); }
static void by_new_link(struct scene *scene) { note(scene, link(in(scene, "secret/key"), in(scene, "hard2"))); }
static void by_chmod(struct scene *scene) { note(scene, chmod(in(scene, "secret/mode"), 0777)); }
/* The control: what no rule names must go on. */
static void by_allowed_open(struct scene *scene) { read_by(scene, in(scene, "other/plain")); }

static bool exists(struct scene *scene, const char *name)
{
	struct stat found;

	return stat(in(scene, name), &found) == 0;
}

static bool is_empty(struct scene *scene, const char *name)
{
	struct stat found;

	return stat(in(scene, name), &found) == 0 && found.st_size == 0;
}

static bool was_created(struct scene *scene) { return exists(scene, "secret/new"); }
static bool was_truncated(struct scene *scene) { return is_empty(scene, "secret/truncate"); }
static bool was_truncated2(struct scene *scene) { return is_empty(scene, "secret/truncate2"); }
static bool was_unlinked(struct scene *scene) { return !exists(scene, "secret/victim"); }
static bool was_moved(struct scene *scene) { return exists(scene, "moved"); }
static bool was_linked(struct scene *scene) { return exists(scene, "hard2"); }

static bool was_opened_up(struct scene *scene)
{
	struct stat found;

	return stat(in(scene, "secret/mode"), &found) == 0 && (found.st_mode & 0777) == 0777;
}

const struct attack file_attacks[] = {
	{"open", by_open, NULL, 0},
	{"openat", by_openat, NULL, 0},
	{"openat2", by_openat2, NULL, 0},
	{"create", by_create, was_created, 0},
	{"truncating_open", by_truncating_open, was_truncated, 0},
	{"truncate", by_truncate, was_truncated2, 0},
	{"symlink", by_symlink, NULL, 0},
	{"hard_link", by_hard_link, NULL, 0},
	{"relative", by_relative, NULL, 0},
	{"dot_dot", by_dot_dot, NULL, 0},
	{"proc_root", by_proc_root, NULL, 0},
	{"unread_page", by_unread_page, NULL, 0},
	{"ia32", by_ia32, NULL, 0},
	{"io_uring_open", by_io_uring, NULL, 0},
	{"shared_files", by_shared_files, NULL, 0},
	{"renamed", by_rename_of_self, NULL, 0},
	{"unlink", by_unlink, was_unlinked, 0},
	{"rename", by_rename, was_moved, 0},
	{"new_link", by_new_link, was_linked, 0},
	{"chmod", by_chmod, was_opened_up, 0},
	{"allowed_open", by_allowed_open, NULL, 0},
	{NULL, NULL, NULL, 0},
};
