// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What ran before our hooks did, from /proc. The hooks are attached first, so nothing falls between. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "skeleton.h"
#include "sensor.h"

static void copy_name(char to[RP_NAME], const char *from)
{
	const char *slash = strrchr(from, '/');

	snprintf(to, RP_NAME, "%.*s", RP_NAME - 1, slash ? slash + 1 : from);
}

/* Field 22 of stat, behind a name that may hold spaces and parentheses. In ticks, so exact to 10 ms. */
static __u64 start_of(const char *pid)
{
	char path[64], line[1024] = "";
	unsigned long long ticks = 0;
	const char *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (at)
		sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks);
	return ticks * (1000000000ull / sysconf(_SC_CLK_TCK));
}

static bool describe(const char *pid, struct process *process)
{
	char path[64], text[4096];
	ssize_t length;
	char *deleted;
	FILE *file;

	memset(process, 0, sizeof(*process));
	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	length = readlink(path, text, sizeof(text) - 1);
	if (length <= 0)
		return false; /* a kernel thread, or gone */
	text[length] = 0;
	deleted = strstr(text, " (deleted)");
	if (deleted)
		*deleted = 0;
	copy_name(process->name, text);
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (file) {
		if (fgets(text, sizeof(text), file)) {
			text[strcspn(text, "\n")] = 0;
			copy_name(process->invoked, text);
		}
		fclose(file);
	}
	process->start_ns = start_of(pid);
	process->bound = ~0ull; /* looked up at its first act */
	return true;
}

/* Before and after a new policy is in force: whoever it is for is looked at, and nobody is overlooked between. */
void look_at_all(struct guard *guard)
{
	int map = bpf_map__fd(guard->maps.processes);
	__u32 tgid, *last = NULL;

	/* The walk begins anew where its process has ended meanwhile: bounded, whatever the host does. */
	for (int i = 0; i < 1 << 18 && !bpf_map_get_next_key(map, last, &tgid); i++) {
		__sync_fetch_and_or(&guard->bss->rp_maybe[(tgid >> 6) & (PID_WORDS - 1)], 1ull << (tgid & 63));
		last = &tgid;
	}
}

int track_running(struct guard *guard)
{
	int map = bpf_map__fd(guard->maps.processes), count = 0;
	struct process process;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		__u32 tgid = atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]) || !describe(entry->d_name, &process))
			continue;
		/* A hook that was quicker knows better. */
		if (!bpf_map_update_elem(map, &tgid, &process, BPF_NOEXIST)) {
			__sync_fetch_and_add(&guard->bss->rp_tracked, 1);
			count++;
		}
	}
	if (proc)
		closedir(proc);
	return count;
}
