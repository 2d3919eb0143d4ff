/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A file is judged by where it really is and by its inode; what LSM and the exit of open have in common. */
#ifndef RUNPROOF_KERNEL_FILES_H
#define RUNPROOF_KERNEL_FILES_H

#define FMODE_READ 1
#define FMODE_WRITE 2

INLINE bool looks_at_files(const struct policy *policy)
{
	return policy->flags & (RP_HAS_FILE | RP_EMIT_ALL) || policy->classes & (1 << RP_CLASS_PTRACE | 1 << RP_CLASS_OPEN);
}

/* The event is started; returns -EPERM or 0. */
INLINE int judge_place(struct scratch *s, struct process *process, struct policy *policy, struct dentry *dentry,
		       struct vfsmount *mnt, enum power power)
{
	__u32 id = process->policy, bits = 0, verdict, flags = 0;
	struct rule *rule;
	bool known = resolve(s, dentry, mnt, id, policy->flags & RP_HAS_INODE);

	rule = known ? path_rule(s, id, DOMAIN_FILE) : NULL;
	if (rule) {
		bits = rule->bits;
		s->event.rule = rule->number;
	}
	if (s->walk.inode_rule.bits && !(bits & RP_BLOCK)) {
		bits |= s->walk.inode_rule.bits;
		s->event.rule = s->walk.inode_rule.number;
		flags = RP_BY_INODE;
	}
	if (bits)
		count(RP_FILE, matched);
	verdict = judge(bits, policy->flags & RP_FILE_CLOSED);
	if (!known && !(bits & RP_BLOCK))
		verdict = RP_CANDIDATE; /* unreadable, and counted: the host must know that it was there */
	if (policy->classes & (1 << RP_CLASS_OPEN))
		verdict = RP_VIOLATION;
	if (!verdict && !(policy->flags & RP_EMIT_ALL))
		return 0;
	return conclude(s, process, verdict | flags, power);
}

#define PROC_MAGIC 0x9fa0

INLINE __u32 number_named(struct dentry *dentry)
{
	char digits[12] = {};
	__u32 value = 0;

	bpf_probe_read_kernel_str(digits, sizeof(digits), BPF_CORE_READ(dentry, d_name.name));
	for (int i = 0; i < 10; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			break;
		value = value * 10 + digits[i] - '0';
	}
	return value;
}

/* /proc/PID/mem of another process is ptrace without the call. */
INLINE bool is_memory_of_another(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	char name[4] = {};
	char above[5] = {};

	if (BPF_CORE_READ(dentry, d_inode, i_sb, s_magic) != PROC_MAGIC || BPF_CORE_READ(dentry, d_name.len) != 3)
		return false;
	bpf_probe_read_kernel(name, 3, BPF_CORE_READ(dentry, d_name.name));
	if (name[0] != 'm' || name[1] != 'e' || name[2] != 'm')
		return false;
	/* /proc/PID/task/TID/mem */
	bpf_probe_read_kernel_str(above, sizeof(above), BPF_CORE_READ(parent, d_parent, d_name.name));
	if (above[0] == 't' && above[1] == 'a' && above[2] == 's' && above[3] == 'k')
		parent = BPF_CORE_READ(parent, d_parent, d_parent);
	return number_named(parent) != current_tgid();
}

INLINE int judge_file(struct scratch *s, struct process *process, struct policy *policy, struct file *file, enum power power)
{
	unsigned int mode;

	if (!file) {
		/* Closed by another thread before we could look. */
		blind(RP_BLIND_UNREADABLE);
		count(RP_FILE, unreadable);
		return 0;
	}
	if (policy->classes & (1 << RP_CLASS_PTRACE) && is_memory_of_another(file)) {
		count(RP_SYSCALL, matched);
		event_start(s, RP_SYSCALL);
		s->event.number = -2 - RP_CLASS_PTRACE;
		return conclude(s, process, RP_VIOLATION, power);
	}
	mode = BPF_CORE_READ(file, f_mode);
	s->event.access = (mode & FMODE_READ ? 1 : 0) | (mode & FMODE_WRITE ? 2 : 0);
	s->event.inode = BPF_CORE_READ(file, f_inode, i_ino);
	s->event.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	return judge_place(s, process, policy, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt), power);
}

#endif
