/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where a file really is: from its dentry up to the root of its mounts, which
 * no caller can forge. bpf_d_path is refused in most hooks, so we walk.
 */
#ifndef RUNPROOF_KERNEL_PATH_H
#define RUNPROOF_KERNEL_PATH_H

#define WALK_END 512
#define WALK_STEPS 64

INLINE void match_inode(struct walk *w, struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct inode_key key = {.slot = w->slot, .subtree = !w->first};
	struct rule *rule;

	if (!inode)
		return;
	key.inode = BPF_CORE_READ(inode, i_ino);
	key.device = BPF_CORE_READ(inode, i_sb, s_dev);
	rule = bpf_map_lookup_elem(&inode_rules, &key);
	if (rule) {
		w->inode_rule.bits |= rule->bits;
		w->inode_rule.number = rule->number;
	}
}

/* Puts "/name" before what is there. False when there is no room: such a path is counted, never cut. */
INLINE bool prepend(struct walk *w, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u32 length = BPF_CORE_READ(dentry, d_name.len);
	__u32 start = w->start;

	if (length > 255 || length + 1 > start)
		return false;
	start -= length;
	bpf_probe_read_kernel(&w->text[start & 511], length & 255, name);
	start -= 1;
	w->text[start & 511] = '/';
	w->start = start;
	return true;
}

/*
 * The state is in a map and not on the stack, where the verifier would follow
 * each value from turn to turn: 170,000 instructions against a few hundred.
 */
static long walk_step(__u32 step, struct scratch **of)
{
	struct walk *w = &(*of)->walk;
	struct dentry *dentry = (struct dentry *)w->dentry;
	struct vfsmount *mnt = (struct vfsmount *)w->mnt;

	if (w->match_inodes)
		match_inode(w, dentry);
	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

		if (parent == mount) {
			w->done = 1;
			return 1;
		}
		w->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		w->mnt = (__u64)parent + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	if (parent == dentry) {
		/* Never had a place in a tree: memfd:x, or a kernel's own mount. */
		if (w->first && !prepend(w, dentry))
			w->too_long = 1;
		w->done = 1;
		return 1;
	}
	if (!prepend(w, dentry)) {
		w->too_long = 1;
		return 1;
	}
	w->first = 0;
	w->dentry = (__u64)parent;
	return 0;
}

/* Writes the path to the event. False: nobody could read it, which has been counted. */
INLINE bool resolve(struct scratch *s, struct dentry *dentry, struct vfsmount *mnt, __u32 policy, bool inodes)
{
	__u32 length, kind = s->event.kind;
	struct walk *w = &s->walk;

	w->dentry = (__u64)dentry;
	w->mnt = (__u64)mnt;
	w->start = WALK_END;
	w->slot = policy - 1;
	w->match_inodes = inodes;
	w->first = 1;
	w->too_long = 0;
	w->done = 0;
	w->inode_rule.bits = 0;
	w->inode_rule.number = RP_NO_RULE;
	bpf_loop(WALK_STEPS, walk_step, &s, 0);
	if (w->done && w->start == WALK_END) {
		w->start = WALK_END - 1;
		w->text[WALK_END - 1] = '/';
	}
	length = WALK_END - w->start;
	if (!w->done || length >= RP_PATH) {
		blind(w->too_long || length >= RP_PATH ? RP_BLIND_LONG_PATH : RP_BLIND_UNREADABLE);
		count(kind, unreadable);
		s->event.path_length = 0;
		return false;
	}
	length &= 255;
	bpf_probe_read_kernel(s->event.path, length, &w->text[w->start & 511]);
	s->event.path[length] = 0;
	s->event.path_length = length;
	return true;
}

/* The rule of the longest entry that holds the event's path; its bits hold those of the shorter ones. */
INLINE struct rule *path_rule(struct scratch *s, __u32 policy, __u16 domain)
{
	__u32 length = s->event.path_length & 255;

	if (length > RP_PATH - 1)
		return NULL;
	s->key.slot = policy - 1;
	s->key.domain = domain;
	s->key.prefix_length = (4 + length + 1) * 8;
	bpf_probe_read_kernel(s->key.path, length & 255, s->event.path);
	if (length < RP_PATH)
		s->key.path[length] = 0;
	return bpf_map_lookup_elem(&path_rules, &s->key);
}

#endif
