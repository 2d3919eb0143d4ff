// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Writes a policy into the bank of maps that is not in use. What is in force is
 * never edited: the flip is one store, and the old bank is emptied after it.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "skeleton.h"
#include "sensor.h"

struct written {
	int map;
	__u32 size;
	__u32 count, room;
	char *keys;
};

/* Per bank: names, paths, IPv4, IPv6, inodes. */
static struct written banks[2][5];

static bool put(struct written *in, int map, const void *key, __u32 size, const void *value,
		__u64 how)
{
	if (bpf_map_update_elem(map, key, value, how))
		return false;
	in->map = map;
	in->size = size;
	if (in->count == in->room) {
		in->room = in->room ? 2 * in->room : 64;
		in->keys = realloc(in->keys, (size_t)in->room * size);
	}
	memcpy(in->keys + (size_t)in->count++ * size, key, size);
	return true;
}

static int by_text(const void *left, const void *right)
{
	const struct path_entry *a = left, *b = right;
	int order = a->domain - b->domain;
	size_t shorter = a->length < b->length ? a->length : b->length;

	if (!order)
		order = memcmp(a->text, b->text, shorter);
	/* The exact path ends with its NUL, so it comes right after the prefix of the same text. */
	return order ? order : a->length != b->length ? a->length - b->length : a->exact - b->exact;
}

static bool holds(const struct path_entry *outer, const struct path_entry *inner)
{
	return !outer->exact && outer->domain == inner->domain && outer->length <= inner->length &&
	       !memcmp(outer->text, inner->text, outer->length);
}

/* The rule that is told is the one that blocks, of several the most exact. */
static void absorb(struct path_entry *to, const struct path_entry *outer)
{
	if (outer->bits & RP_BLOCK && !(to->bits & RP_BLOCK))
		to->number = outer->number;
	to->bits |= outer->bits;
}

__u32 close_paths(struct path_entry *entries, __u32 count)
{
	__u32 depth = 0, kept = 0;
	__u32 *open = malloc(sizeof(*open) * (count + 1));

	qsort(entries, count, sizeof(*entries), by_text);
	for (__u32 i = 0; i < count; i++) {
		if (kept && !by_text(&entries[kept - 1], &entries[i])) {
			absorb(&entries[kept - 1], &entries[i]);
			free(entries[i].text);
			continue;
		}
		while (depth && !holds(&entries[open[depth - 1]], &entries[i]))
			depth--;
		if (kept != i)
			entries[kept] = entries[i];
		if (depth)
			absorb(&entries[kept], &entries[open[depth - 1]]);
		if (!entries[kept].exact)
			open[depth++] = kept;
		kept++;
	}
	free(open);
	return kept;
}

static int by_address(const void *left, const void *right)
{
	const struct net_entry *a = left, *b = right;
	int order = a->family != b->family ? a->family - b->family : a->port - b->port;

	if (!order)
		order = memcmp(a->address, b->address, 16);
	return order ? order : a->prefix - b->prefix;
}

static void mask(struct net_entry *entry)
{
	for (int bit = entry->prefix; bit < 128; bit++)
		entry->address[bit / 8] &= ~(0x80 >> bit % 8);
}

static bool contains(const struct net_entry *outer, const struct net_entry *inner)
{
	if (outer->family != inner->family || outer->port != inner->port || outer->prefix > inner->prefix)
		return false;
	for (int bit = 0; bit < outer->prefix; bit++)
		if ((outer->address[bit / 8] ^ inner->address[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

__u32 close_nets(struct net_entry *entries, __u32 count)
{
	__u32 depth = 0, kept = 0;
	__u32 *open = malloc(sizeof(*open) * (count + 1));

	for (__u32 i = 0; i < count; i++)
		mask(&entries[i]);
	qsort(entries, count, sizeof(*entries), by_address);
	for (__u32 i = 0; i < count; i++) {
		if (kept && !by_address(&entries[kept - 1], &entries[i])) {
			entries[kept - 1].bits |= entries[i].bits;
			continue;
		}
		while (depth && !contains(&entries[open[depth - 1]], &entries[i]))
			depth--;
		entries[kept] = entries[i];
		if (depth)
			entries[kept].bits |= entries[open[depth - 1]].bits;
		open[depth++] = kept++;
	}
	free(open);
	return kept;
}

/* A rule for /bin/sh is one for /usr/bin/dash too: the kernel compares where a file really is. */
static __u32 add_real_paths(struct process_entry *process)
{
	__u32 count = process->path_count;
	char real[PATH_MAX];

	process->paths = realloc(process->paths, sizeof(*process->paths) * (2 * (size_t)count + 1));
	for (__u32 i = 0; i < count; i++) {
		struct path_entry alias = process->paths[i];
		size_t length = alias.length;

		if (alias.text[0] != '/' || (!alias.exact && alias.text[length ? length - 1 : 0] != '/') || length < 2)
			continue;
		if (!realpath(alias.text, real) || strlen(real) + 1 >= RP_PATH)
			continue;
		if (!alias.exact && strcmp(real, "/"))
			strcat(real, "/");
		if (!strcmp(real, alias.text))
			continue;
		alias.text = strdup(real);
		alias.length = strlen(real);
		process->paths[process->path_count++] = alias;
	}
	return process->path_count;
}

/* A blocked file or directory: what hard links, other mounts and other roots lead to is the same inode. */
static bool has_inode(const struct path_entry *entry)
{
	return entry->domain == DOMAIN_FILE && entry->bits & RP_BLOCK && entry->length > 1 && entry->text[0] == '/' &&
	       (entry->exact || entry->text[entry->length - 1] == '/');
}

static struct inode_key key_of(const struct stat *found, __u16 slot)
{
	struct inode_key key;

	memset(&key, 0, sizeof(key));
	key.inode = found->st_ino;
	key.device = (__u32)major(found->st_dev) << 20 | minor(found->st_dev);
	key.slot = slot;
	return key;
}

static bool inode_of(const struct path_entry *entry, __u16 slot, struct inode_key *key)
{
	struct stat found;

	if (!has_inode(entry) || stat(entry->text, &found))
		return false;
	*key = key_of(&found, slot);
	key->subtree = !entry->exact;
	return true;
}

/* Files below a protected directory that have another name somewhere: only their inode tells. */
#define LINKED_WALK 20000
static struct {
	struct guard *guard;
	struct written *in;
	struct rule rule;
	__u16 slot;
	int seen;
	bool failed;
} linked;

static int on_file(const char *path, const struct stat *found, int type, struct FTW *where)
{
	struct inode_key key = key_of(found, linked.slot);

	(void)path;
	(void)where;
	if (++linked.seen > LINKED_WALK)
		return 1;
	if (type != FTW_F || found->st_nlink < 2)
		return 0;
	linked.failed = !put(linked.in, bpf_map__fd(linked.guard->maps.inode_rules), &key, sizeof(key), &linked.rule, BPF_ANY);
	return linked.failed;
}

/* False: the map is full. */
static bool put_linked(struct guard *guard, struct written *in, const struct path_entry *entry, __u16 slot)
{
	linked.guard = guard;
	linked.in = in;
	linked.rule = (struct rule){.bits = RP_BLOCK, .number = entry->number};
	linked.slot = slot;
	linked.seen = 0;
	linked.failed = false;
	if (has_inode(entry) && !entry->exact)
		nftw(entry->text, on_file, 16, FTW_PHYS | FTW_MOUNT);
	return !linked.failed;
}

static bool put_path(struct guard *guard, struct written *in, const struct path_entry *entry, __u16 slot)
{
	struct path_key key = {.slot = slot, .domain = entry->domain};
	struct rule rule = {.bits = entry->bits, .number = entry->number};

	memcpy(key.path, entry->text, entry->length);
	key.prefix_length = (4 + entry->length + (entry->exact ? 1 : 0)) * 8;
	return put(in, bpf_map__fd(guard->maps.path_rules), &key, sizeof(key), &rule, BPF_ANY);
}

static bool put_net(struct guard *guard, struct written in[2], const struct net_entry *entry, __u16 slot)
{
	struct net_key key = {.prefix_length = 32 + entry->prefix, .slot = slot, .port = entry->port};
	struct rule rule = {.bits = entry->bits, .number = entry->number};
	bool four = entry->family == 4;

	memcpy(key.address, entry->address, 16);
	return put(&in[four ? 0 : 1], bpf_map__fd(four ? guard->maps.net4_rules : guard->maps.net6_rules), &key, sizeof(key),
		   &rule, BPF_ANY);
}

static bool put_process(struct guard *guard, struct process_entry *process, unsigned bank, __u32 index)
{
	__u32 slot = bank * RP_PROCESSES + index;
	struct name_key name = {.bank = bank};
	struct written *in = banks[bank];
	struct policy policy;
	struct inode_key inode;

	process->path_count = close_paths(process->paths, add_real_paths(process));
	process->net_count = close_nets(process->nets, process->net_count);
	for (__u32 i = 0; i < process->path_count; i++) {
		const struct path_entry *entry = &process->paths[i];
		struct rule rule = {.bits = RP_BLOCK, .number = entry->number};

		if (!put_path(guard, &in[1], entry, slot))
			return false;
		if (has_inode(entry))
			process->flags |= RP_HAS_INODE; /* a file that comes later is found by a refresh */
		if (inode_of(entry, slot, &inode) &&
		    !put(&in[4], bpf_map__fd(guard->maps.inode_rules), &inode, sizeof(inode), &rule, BPF_ANY))
			return false;
		if (!put_linked(guard, &in[4], entry, slot))
			return false;
	}
	for (__u32 i = 0; i < process->net_count; i++)
		if (!put_net(guard, &in[2], &process->nets[i], slot))
			return false;
	policy.flags = process->flags;
	policy.classes = process->classes;
	memcpy(policy.syscalls, process->syscalls, sizeof(policy.syscalls));
	guard->bss->rp_modes[slot] = process->mode;
	if (bpf_map_update_elem(bpf_map__fd(guard->maps.policies), &slot, &policy, BPF_ANY))
		return false;
	for (__u32 i = 0; i < process->name_count; i++) {
		memcpy(name.name, process->names[i], RP_NAME);
		if (!put(&in[0], bpf_map__fd(guard->maps.names), &name, sizeof(name), &slot, BPF_NOEXIST))
			return false;
	}
	return true;
}

bool rules_load(struct guard *guard, const struct blob *blob, unsigned bank, char *why, size_t room)
{
	for (__u32 i = 0; i < blob->process_count; i++) {
		if (put_process(guard, &blob->processes[i], bank, i))
			continue;
		snprintf(why, room, "policy.no_room: %s: %s", blob->processes[i].names[0],
			 errno == EEXIST ? "a name is there twice" : strerror(errno));
		rules_unload(bank);
		return false;
	}
	return true;
}

void rules_unload(unsigned bank)
{
	for (int i = 0; i < 5; i++) {
		struct written *in = &banks[bank][i];

		for (__u32 k = 0; k < in->count; k++)
			bpf_map_delete_elem(in->map, in->keys + (size_t)k * in->size);
		free(in->keys);
		memset(in, 0, sizeof(*in));
	}
}

static int by_inode(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct inode_key));
}

/* An editor that saves makes a new inode. The path holds meanwhile; this is for its hard links. */
void rules_refresh_inodes(struct guard *guard, const struct blob *blob, unsigned bank)
{
	struct written old = banks[bank][4];
	struct inode_key inode;

	memset(&banks[bank][4], 0, sizeof(old));
	for (__u32 i = 0; i < blob->process_count; i++) {
		const struct process_entry *process = &blob->processes[i];

		for (__u32 k = 0; k < process->path_count; k++) {
			struct rule rule = {.bits = RP_BLOCK, .number = process->paths[k].number};

			if (inode_of(&process->paths[k], bank * RP_PROCESSES + i, &inode))
				put(&banks[bank][4], bpf_map__fd(guard->maps.inode_rules), &inode, sizeof(inode), &rule, BPF_ANY);
			put_linked(guard, &banks[bank][4], &process->paths[k], bank * RP_PROCESSES + i);
		}
	}
	qsort(banks[bank][4].keys, banks[bank][4].count, sizeof(inode), by_inode);
	for (__u32 k = 0; k < old.count; k++) {
		const char *key = old.keys + (size_t)k * old.size;

		if (!bsearch(key, banks[bank][4].keys, banks[bank][4].count, sizeof(inode), by_inode))
			bpf_map_delete_elem(old.map, key);
	}
	free(old.keys);
}
