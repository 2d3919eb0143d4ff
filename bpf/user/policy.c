// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Reads the policy blob. It comes from outside: every length is checked, every refusal says what and where. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "sensor.h"

struct reader {
	const __u8 *at, *end;
	char *why;
	size_t room;
	bool bad;
};

#define PATHS_MAX 131072u
#define NETS_MAX 65536u
#define NAMES_MAX 128u

static void refuse(struct reader *from, const char *format, ...)
{
	va_list arguments;

	if (from->bad)
		return;
	from->bad = true;
	va_start(arguments, format);
	vsnprintf(from->why, from->room, format, arguments);
	va_end(arguments);
}

static const __u8 *take(struct reader *from, size_t length)
{
	const __u8 *at = from->at;

	if (from->bad || (size_t)(from->end - at) < length) {
		refuse(from, "policy.cut: it ends in the middle");
		return NULL;
	}
	from->at += length;
	return at;
}

static __u64 number(struct reader *from, int bytes)
{
	const __u8 *at = take(from, bytes);
	__u64 value = 0;

	for (int i = 0; at && i < bytes; i++)
		value |= (__u64)at[i] << 8 * i;
	return value;
}

static void read_names(struct reader *from, struct process_entry *to)
{
	__u32 count = number(from, 2);

	if (from->bad || !count || count > NAMES_MAX) {
		refuse(from, "policy.name: a process has 1 to %u names", NAMES_MAX);
		return;
	}
	to->names = calloc(count, sizeof(*to->names));
	for (to->name_count = 0; to->name_count < count && !from->bad; to->name_count++) {
		__u16 length = number(from, 2);
		const __u8 *text = take(from, length);

		if (!text)
			return;
		if (!length || length >= RP_NAME || memchr(text, 0, length) || memchr(text, '/', length))
			refuse(from, "policy.name: a process name has 1 to %d bytes, no NUL, no slash", RP_NAME - 1);
		else
			memcpy(to->names[to->name_count], text, length);
	}
}

static void read_calls(struct reader *from, struct process_entry *to, FILE *absent, bool *first)
{
	__u16 count = number(from, 2);

	for (int i = 0; i < count && !from->bad; i++) {
		__u8 length = number(from, 1);
		const __u8 *text = take(from, length);
		char name[256];
		int call;

		if (!text)
			return;
		memcpy(name, text, length);
		name[length] = 0;
		call = call_number(name);
		if (call < 0) {
			/* Not on this architecture: nobody can call it by this name. The host is told. */
			fputs(*first ? "" : ",", absent);
			json_text(absent, name, length);
			*first = false;
			continue;
		}
		to->syscalls[call / 64] |= 1ull << (call % 64);
		if (call_class(call))
			to->classes |= 1u << call_class(call);
	}
}

static void read_paths(struct reader *from, struct process_entry *to)
{
	__u32 count = number(from, 4);

	if (from->bad || count > PATHS_MAX) {
		refuse(from, "policy.too_many: more than %u paths", PATHS_MAX);
		return;
	}
	to->paths = calloc(count + 1, sizeof(*to->paths));
	for (__u32 i = 0; i < count && !from->bad; i++) {
		struct path_entry *entry = &to->paths[i];
		const __u8 *text;

		entry->domain = number(from, 1);
		entry->exact = number(from, 1) == 0;
		entry->bits = number(from, 1);
		number(from, 1);
		entry->number = number(from, 4);
		entry->length = number(from, 2);
		text = take(from, entry->length);
		if (!text)
			return;
		if (entry->domain > 1 || !entry->bits || entry->bits > 15)
			refuse(from, "policy.path: entry %u of %s has an unknown domain or verdict", i, to->names[0]);
		else if (entry->length > RP_PATH - 1 || memchr(text, 0, entry->length) || (entry->exact && !entry->length))
			refuse(from, "policy.path: entry %u of %s is empty, longer than %d bytes or holds NUL", i, to->names[0],
			       RP_PATH - 1);
		else
			entry->text = strndup((const char *)text, entry->length);
		if (!from->bad)
			to->path_count++;
		to->flags |= entry->domain ? RP_HAS_EXEC : RP_HAS_FILE;
	}
}

static void read_nets(struct reader *from, struct process_entry *to)
{
	__u32 count = number(from, 4);

	if (from->bad || count > NETS_MAX) {
		refuse(from, "policy.too_many: more than %u addresses", NETS_MAX);
		return;
	}
	to->nets = calloc(count + 1, sizeof(*to->nets));
	for (__u32 i = 0; i < count && !from->bad; i++) {
		struct net_entry *entry = &to->nets[i];
		const __u8 *address;

		entry->family = number(from, 1);
		entry->prefix = number(from, 1);
		entry->bits = number(from, 1);
		number(from, 1);
		entry->port = number(from, 2);
		entry->number = number(from, 4);
		address = take(from, 16);
		if (!address)
			return;
		memcpy(entry->address, address, 16);
		if ((entry->family != 4 && entry->family != 6) || entry->prefix > (entry->family == 4 ? 32 : 128) ||
		    !entry->bits || entry->bits > 15)
			refuse(from, "policy.network: entry %u of %s has no such family, prefix or verdict", i, to->names[0]);
		to->net_count++;
		to->flags |= RP_HAS_NET;
	}
}

static void read_process(struct reader *from, struct process_entry *to, FILE *absent, bool *first)
{
	const __u32 given = RP_FILE_CLOSED | RP_EXEC_CLOSED | RP_NET_CLOSED | RP_EMIT_ALL | RP_DESCENDANTS;

	read_names(from, to);
	to->mode = number(from, 1);
	to->prevent = number(from, 1);
	to->flags = number(from, 2);
	if (from->bad)
		return;
	if (to->mode > RP_ENFORCE || to->prevent > 1 || to->flags & ~given) {
		refuse(from, "policy.process: %s has an unknown mode, demand or flag", to->names[0]);
		return;
	}
	to->flags |= (to->flags & RP_FILE_CLOSED ? RP_HAS_FILE : 0) | (to->flags & RP_EXEC_CLOSED ? RP_HAS_EXEC : 0) |
		     (to->flags & RP_NET_CLOSED ? RP_HAS_NET : 0);
	read_calls(from, to, absent, first);
	read_paths(from, to);
	read_nets(from, to);
}

static void read_all(struct reader *from, struct blob *to, FILE *absent)
{
	bool first = true;
	__u32 count;

	if (number(from, 4) != RP_POLICY_MAGIC || number(from, 2) != 1)
		refuse(from, "policy.version: not a policy of version 1");
	count = number(from, 2);
	to->generation = number(from, 8);
	if (!from->bad && (count > RP_PROCESSES || !to->generation || to->generation >> 32))
		refuse(from, "policy.too_many: more than %d processes, or a generation that is not 1 to 2^32-1", RP_PROCESSES);
	if (from->bad)
		return;
	to->processes = calloc(count + 1, sizeof(*to->processes));
	for (__u32 i = 0; i < count && !from->bad; i++) {
		read_process(from, &to->processes[i], absent, &first);
		to->process_count = i + 1;
	}
	if (!from->bad && from->at != from->end)
		refuse(from, "policy.long: %zu bytes behind its end", (size_t)(from->end - from->at));
}

struct blob *blob_read(const char *bytes, size_t length, char *why, size_t room)
{
	struct reader from = {(const __u8 *)bytes, (const __u8 *)bytes + length, why, room, false};
	struct blob *blob = calloc(1, sizeof(*blob));
	size_t size = 0;
	FILE *absent = open_memstream(&blob->absent, &size);

	fputc('[', absent);
	read_all(&from, blob, absent);
	fputc(']', absent);
	fclose(absent);
	sha256(bytes, length, blob->sha256);
	if (!from.bad)
		return blob;
	blob_free(blob);
	return NULL;
}

void blob_free(struct blob *blob)
{
	if (!blob)
		return;
	for (__u32 i = 0; i < blob->process_count; i++) {
		for (__u32 k = 0; k < blob->processes[i].path_count; k++)
			free(blob->processes[i].paths[k].text);
		free(blob->processes[i].names);
		free(blob->processes[i].paths);
		free(blob->processes[i].nets);
	}
	free(blob->processes);
	free(blob->absent);
	free(blob);
}

static bool undecided(const struct process_entry *process, int domain)
{
	for (__u32 i = 0; domain < 2 && i < process->path_count; i++)
		if (process->paths[i].domain == domain && process->paths[i].bits & (RP_MAYBE_BLOCK | RP_MAYBE_ALLOW))
			return true;
	for (__u32 i = 0; domain == 2 && i < process->net_count; i++)
		if (process->nets[i].bits & (RP_MAYBE_BLOCK | RP_MAYBE_ALLOW))
			return true;
	return false;
}

/* memfd_create and io_uring are in a family because of what they lead to: refused there, they need no refusal of their own. */
static bool is_refused(const struct attached *with, const struct process_entry *process, int call)
{
	const char *name = call_name(call);
	__u32 class = call_class(call);
	__u32 refused = with->lsm_classes & process->classes;

	if (class && with->lsm_classes >> class & 1)
		return true;
	if (!strcmp(name, "memfd_create"))
		return refused >> RP_CLASS_EXEC & 1;
	return !strncmp(name, "io_uring_", 9) && refused >> RP_CLASS_OPEN & 1;
}

void unmet_demands(const struct attached *with, const struct process_entry *process, char *why, size_t room, __u32 *short_of)
{
	static const char *const domains[] = {"files", "programs", "addresses"};
	static const __u8 kinds[] = {RP_FILE, RP_EXEC, RP_NET};
	const bool can[] = {with->lsm_open, with->lsm_exec, with->cgroup || with->lsm_net};
	const __u32 has[] = {RP_HAS_FILE, RP_HAS_EXEC, RP_HAS_NET};
	const char *const hooks[] = {"lsm/file_open", "lsm/bprm_check_security", "cgroup/connect4, connect6, sendmsg4, sendmsg6"};
	FILE *to = fmemopen(why, room, "w");

	why[0] = 0;
	for (int domain = 0; domain < 3; domain++) {
		bool lacks = process->flags & has[domain] && !can[domain], open = undecided(process, domain);

		if (lacks)
			fprintf(to, "%s: %s is not attached; ", domains[domain], hooks[domain]);
		if (open)
			fprintf(to, "%s: an entry that the kernel cannot decide; ", domains[domain]);
		*short_of |= (__u32)(lacks || open) << kinds[domain];
	}
	for (int call = 0; call < RP_SYSCALLS; call++) {
		if (!(process->syscalls[call / 64] >> (call % 64) & 1) || is_refused(with, process, call))
			continue;
		fprintf(to, "%s: no hook refuses it; ", call_name(call));
		*short_of |= 1u << RP_SYSCALL;
	}
	fclose(to);
	why[room - 1] = 0;
}
