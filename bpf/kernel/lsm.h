/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The only hooks that can refuse: the operation has not begun, and nobody can change its arguments any more. */
#ifndef RUNPROOF_KERNEL_LSM_H
#define RUNPROOF_KERNEL_LSM_H

/* The values are relocated: a newer kernel put READING_MODULE_COMPRESSED between them. */
enum kernel_read_file_id { READING_MODULE = 2, READING_KEXEC_IMAGE = 3, READING_KEXEC_INITRAMFS = 4, READING_MODULE_COMPRESSED = 99 };
enum kernel_load_data_id { LOADING_MODULE = 2, LOADING_KEXEC_IMAGE = 3, LOADING_KEXEC_INITRAMFS = 4 };

#define is(type, name, id) (bpf_core_enum_value_exists(enum type, name) && (id) == bpf_core_enum_value(enum type, name))

/* The guarded process and its policy; false for every other. */
struct subject {
	struct process *process;
	struct policy *policy;
};

INLINE bool subject(struct subject *of)
{
	__u32 tgid = current_tgid();

	if (is_spared(tgid))
		return false;
	of->process = guarded(tgid);
	if (!of->process)
		return false;
	of->policy = policy_of(of->process);
	return of->policy != NULL;
}

/* A class of system calls that is blocked: refused here, by whatever way it came (io_uring, 32-bit). */
INLINE int refuse_class(__u32 class)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	struct subject of;
	__u32 *number;
	struct scratch *s;
	int refused;

	if (!subject(&of) || !(of.policy->classes & (1 << class)))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	count(RP_SYSCALL, matched);
	event_start(s, RP_SYSCALL);
	s->event.number = -2 - (__s32)class; /* a class, where no system call was its own */
	number = bpf_map_lookup_elem(&asked, &thread);
	if (number && *number < RP_SYSCALLS && call_of(*number)->class == class)
		s->event.number = *number;
	refused = conclude(s, of.process, RP_VIOLATION, CAN_DENY_LSM);
	scratch_put(s);
	return refused;
}

INLINE int judge_change(struct dentry *dentry, struct vfsmount *mnt)
{
	struct subject of;
	struct scratch *s;
	int refused;

	if (!subject(&of) || !looks_at_files(of.policy))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	count(RP_FILE, seen);
	event_start(s, RP_FILE);
	s->event.access = 2;
	s->event.inode = BPF_CORE_READ(dentry, d_inode, i_ino);
	refused = judge_place(s, of.process, of.policy, dentry, mnt, CAN_DENY_LSM);
	scratch_put(s);
	return refused;
}

SEC("lsm/file_open")
int BPF_PROG(lsm_file_open, struct file *file)
{
	struct subject of;
	struct scratch *s;
	int refused;

	rp_lsm_alive = 1;
	if (!subject(&of) || !looks_at_files(of.policy))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	count(RP_FILE, seen);
	event_start(s, RP_FILE);
	refused = judge_file(s, of.process, of.policy, file, CAN_DENY_LSM);
	scratch_put(s);
	return refused;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(lsm_bprm_check, struct linux_binprm *bprm)
{
	struct subject of;
	struct scratch *s;
	__u32 effect;

	if (!subject(&of))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	effect = judge_exec(s, of.process, BPF_CORE_READ(bprm, file), CAN_DENY_LSM);
	scratch_put(s);
	return effect == RP_PREVENTED ? -EPERM : 0;
}

/* Threads are not forks. */
SEC("lsm/task_alloc")
int BPF_PROG(lsm_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	return clone_flags & CLONE_THREAD ? 0 : refuse_class(RP_CLASS_FORK);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(lsm_ptrace_access, struct task_struct *child, unsigned int mode)
{
	/* /proc/self asks too: a process may look at itself. */
	if (BPF_CORE_READ(child, tgid) == current_tgid())
		return 0;
	/* PTRACE_MODE_READ alone is ps and top; attach, process_vm_* and /proc/pid/mem ask for ATTACH. */
	return mode & 2 ? refuse_class(RP_CLASS_PTRACE) : 0;
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(lsm_ptrace_traceme, struct task_struct *parent)
{
	return refuse_class(RP_CLASS_PTRACE);
}

SEC("lsm/kernel_read_file")
int BPF_PROG(lsm_kernel_read, struct file *file, int id)
{
	if (is(kernel_read_file_id, READING_MODULE, id) || is(kernel_read_file_id, READING_MODULE_COMPRESSED, id))
		return refuse_class(RP_CLASS_MODULE);
	if (is(kernel_read_file_id, READING_KEXEC_IMAGE, id) || is(kernel_read_file_id, READING_KEXEC_INITRAMFS, id))
		return refuse_class(RP_CLASS_KEXEC);
	return 0;
}

/* init_module with less than a header fails before it comes here: such a call does nothing either. */
SEC("lsm/kernel_load_data")
int BPF_PROG(lsm_kernel_load, int id)
{
	if (is(kernel_load_data_id, LOADING_MODULE, id))
		return refuse_class(RP_CLASS_MODULE);
	if (is(kernel_load_data_id, LOADING_KEXEC_IMAGE, id) || is(kernel_load_data_id, LOADING_KEXEC_INITRAMFS, id))
		return refuse_class(RP_CLASS_KEXEC);
	return 0;
}

SEC("lsm/task_fix_setuid")
int BPF_PROG(lsm_setuid) { return refuse_class(RP_CLASS_SETUID); }

SEC("lsm/task_fix_setgid")
int BPF_PROG(lsm_setgid) { return refuse_class(RP_CLASS_SETGID); }

SEC("lsm/task_fix_setgroups")
int BPF_PROG(lsm_setgroups) { return refuse_class(RP_CLASS_SETGID); }

SEC("lsm/capset")
int BPF_PROG(lsm_capset) { return refuse_class(RP_CLASS_CAPSET); }

SEC("lsm/path_unlink")
int BPF_PROG(lsm_unlink, const struct path *dir, struct dentry *dentry)
{
	int refused = refuse_class(RP_CLASS_UNLINK);

	return refused ? refused : judge_change(dentry, BPF_CORE_READ(dir, mnt));
}

SEC("lsm/path_rmdir")
int BPF_PROG(lsm_rmdir, const struct path *dir, struct dentry *dentry)
{
	return judge_change(dentry, BPF_CORE_READ(dir, mnt));
}

/* Comes before open(O_CREAT) makes the file. */
SEC("lsm/path_mknod")
int BPF_PROG(lsm_create, const struct path *dir, struct dentry *dentry)
{
	return judge_change(dentry, BPF_CORE_READ(dir, mnt));
}

SEC("lsm/path_mkdir")
int BPF_PROG(lsm_mkdir, const struct path *dir, struct dentry *dentry)
{
	return judge_change(dentry, BPF_CORE_READ(dir, mnt));
}

SEC("lsm/path_truncate")
int BPF_PROG(lsm_truncate, const struct path *path)
{
	return judge_change(BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt));
}

SEC("lsm/path_chmod")
int BPF_PROG(lsm_chmod, const struct path *path)
{
	return judge_change(BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt));
}

/* A new name for a protected file is an access to it, as is a protected name for something else. */
SEC("lsm/path_link")
int BPF_PROG(lsm_link, struct dentry *old, const struct path *dir, struct dentry *dentry)
{
	struct vfsmount *mnt = BPF_CORE_READ(dir, mnt);
	int refused = judge_change(old, mnt);

	return refused ? refused : judge_change(dentry, mnt);
}

SEC("lsm/path_rename")
int BPF_PROG(lsm_rename, const struct path *from_dir, struct dentry *from, const struct path *to_dir, struct dentry *to)
{
	int refused = judge_change(from, BPF_CORE_READ(from_dir, mnt));

	return refused ? refused : judge_change(to, BPF_CORE_READ(to_dir, mnt));
}

INLINE int judge_socket(struct socket *socket, const void *from, int length)
{
	struct subject of;
	struct address to;
	__u16 protocol;

	/* The cgroup hooks come after us and tell it once. */
	if (rp_net_hooked & 1 || !from || length < 16)
		return 0;
	if (!subject(&of) || !(of.policy->flags & (RP_HAS_NET | RP_EMIT_ALL)))
		return 0;
	if (!read_address(&to, from, false))
		return 0;
	protocol = BPF_CORE_READ(socket, sk, sk_protocol);
	to.protocol = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ? protocol : 0;
	return judge_address(of.process, of.policy, &to, CAN_DENY_LSM);
}

SEC("lsm/socket_connect")
int BPF_PROG(lsm_connect, struct socket *socket, struct sockaddr *address, int length)
{
	int refused = refuse_class(RP_CLASS_CONNECT);

	return refused ? refused : judge_socket(socket, address, length);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(lsm_sendmsg, struct socket *socket, struct msghdr *message)
{
	return judge_socket(socket, BPF_CORE_READ(message, msg_name), BPF_CORE_READ(message, msg_namelen));
}

#endif
