/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which process is guarded by what: bound at exec, inherited at fork, dropped at the end. */
#ifndef RUNPROOF_KERNEL_PROCESS_H
#define RUNPROOF_KERNEL_PROCESS_H

INLINE __u32 policy_named(struct name_key *key)
{
	__u32 *slot = bpf_map_lookup_elem(&names, key);

	return slot ? *slot + 1 : 0;
}

INLINE bool is_for_descendants(__u32 id)
{
	__u32 slot = id - 1;
	struct policy *policy = bpf_map_lookup_elem(&policies, &slot);

	return policy && policy->flags & RP_DESCENDANTS;
}

/* By its file's name, else the name it was called by, else its ancestor's, where that one's policy says so. */
static __noinline int bind(struct process *process, __u64 active)
{
	struct name_key key = {.bank = active & 1};
	__u32 policy;

	if (!process)
		return 0;
	bpf_probe_read_kernel(key.name, RP_NAME, process->name);
	policy = policy_named(&key);
	process->inherited = 0;
	if (!policy) {
		bpf_probe_read_kernel(key.name, RP_NAME, process->invoked);
		policy = policy_named(&key);
	}
	if (policy) {
		bpf_probe_read_kernel(process->guard, RP_NAME, key.name);
	} else if (process->guard[0]) {
		bpf_probe_read_kernel(key.name, RP_NAME, process->guard);
		policy = policy_named(&key);
		process->inherited = 1;
		if (!policy || !is_for_descendants(policy)) {
			policy = 0;
			__builtin_memset(process->guard, 0, RP_NAME);
		}
	}
	process->policy = policy;
	process->bound = active;
	return 0;
}

/* The guarded process that runs; NULL for every other. A new generation is looked up at the first act under it. */
INLINE struct process *guarded(__u32 tgid)
{
	struct process *process;
	__u64 active = rp_active;

	if (!maybe_guarded(tgid))
		return NULL;
	process = bpf_map_lookup_elem(&processes, &tgid);
	if (!process)
		return NULL;
	if (process->bound != active) {
		bind(process, active);
		if (!process->policy)
			set_maybe(tgid, false);
	}
	return process->policy ? process : NULL;
}

INLINE struct policy *policy_of(const struct process *process)
{
	__u32 slot = process->policy - 1;

	return bpf_map_lookup_elem(&policies, &slot);
}

struct scan {
	struct scratch *s;
	__u32 start;
};

/* A loop by callback: the verifier checks its body once, not 252 times. */
static long scan_step(__u32 at, struct scan *scan)
{
	char c;

	if (at >= RP_PATH)
		return 1;
	c = scan->s->key.path[at];
	if (c == '/')
		scan->start = at + 1;
	if (!c)
		return 1;
	return 0;
}

/* A longer name is cut: policies refuse names that do not fit, so it matches none. */
INLINE void base_name(char *to, const char *path, struct scratch *s)
{
	struct scan scan = {.s = s};

	if (bpf_probe_read_kernel_str(s->key.path, RP_PATH, path) < 1)
		return;
	bpf_loop(RP_PATH, scan_step, &scan, 0);
	if (scan.start < RP_PATH - 1)
		bpf_probe_read_kernel_str(to, RP_NAME, &s->key.path[scan.start]);
}

INLINE void tell_process(const struct process *process, __u32 flags, __s32 result, struct file *image)
{
	struct scratch *s = scratch_get();

	if (!s)
		return;
	event_start(s, RP_PROCESS);
	if (image)
		resolve(s, BPF_CORE_READ(image, f_path.dentry), BPF_CORE_READ(image, f_path.mnt), process->policy, false);
	event_actor(s, process);
	s->event.result = result;
	s->event.flags |= flags;
	s->event.mode = mode_of(process->policy);
	event_send(s);
	scratch_put(s);
}

/* In the parent, before the child has run. A raw tracepoint: it names both tasks, and needs no tracefs. */
SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0];
	struct task_struct *child = (void *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid);
	__u32 to = BPF_CORE_READ(child, tgid);
	struct process *process;

	if (from == to)
		return 0; /* a thread */
	__sync_fetch_and_add(&rp_forks, 1);
	count(RP_PROCESS, seen);
	process = bpf_map_lookup_elem(&processes, &from);
	if (!process)
		return 0; /* older than we, and not found in /proc: counted there */
	if (bpf_map_update_elem(&processes, &to, process, BPF_ANY)) {
		count(RP_PROCESS, track_failed);
		blind(RP_BLIND_UNTRACKED);
		return 0;
	}
	__sync_fetch_and_add(&rp_tracked, 1);
	process = bpf_map_lookup_elem(&processes, &to);
	if (!process)
		return 0;
	process->start_ns = BPF_CORE_READ(child, start_boottime);
	if (maybe_guarded(from))
		set_maybe(to, true);
	if (process->policy && BPF_CORE_READ(parent, files) == BPF_CORE_READ(child, files))
		blind(RP_BLIND_SHARED_FILES);
	return 0;
}

/* Returns the effect (rp_effect). */
INLINE __u32 judge_exec(struct scratch *s, struct process *process, struct file *file, enum power power)
{
	struct policy *policy = policy_of(process);
	__u32 id = process->policy, bits = 0, verdict = 0;
	struct rule *rule;
	bool known;

	if (!policy)
		return RP_OBSERVED;
	count(RP_EXEC, seen);
	event_start(s, RP_EXEC);
	s->event.inode = BPF_CORE_READ(file, f_inode, i_ino);
	s->event.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	known = resolve(s, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt), id,
			policy->flags & RP_HAS_INODE);
	if (!known)
		verdict = RP_CANDIDATE;
	rule = known ? path_rule(s, id, DOMAIN_EXEC) : NULL;
	if (rule) {
		bits = rule->bits;
		s->event.rule = rule->number;
		count(RP_EXEC, matched);
	}
	if (known)
		verdict = judge(bits, policy->flags & RP_EXEC_CLOSED);
	if (policy->classes & (1 << RP_CLASS_EXEC))
		verdict = RP_VIOLATION;
	if (!verdict && BPF_CORE_READ(file, f_inode, i_nlink) == 0)
		blind(RP_BLIND_MEMFD);
	if (!verdict && !(policy->flags & RP_EMIT_ALL))
		return RP_OBSERVED;
	conclude(s, process, verdict, power);
	return s->event.effect;
}

/* Past the point of no return: a failed exec is not told here. A kill comes before the image's first instruction. */
SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];
	struct file *file = BPF_CORE_READ(bprm, file);
	struct process *process;
	struct scratch *s;
	__u32 tgid = current_tgid();
	__u64 active = rp_active;

	__sync_fetch_and_add(&rp_execs, 1);
	if (is_spared(tgid))
		return 0;
	process = bpf_map_lookup_elem(&processes, &tgid);
	s = scratch_get();
	if (!s)
		return 0;
	if (!process) {
		/* Its fork was not seen: it starts to be known here. */
		struct process *fresh = (void *)s->walk.text;

		__builtin_memset(fresh, 0, sizeof(*fresh));
		fresh->start_ns = BPF_CORE_READ(current_task(), group_leader, start_boottime);
		if (bpf_map_update_elem(&processes, &tgid, fresh, BPF_NOEXIST)) {
			count(RP_PROCESS, track_failed);
			blind(RP_BLIND_UNTRACKED);
			goto out;
		}
		__sync_fetch_and_add(&rp_tracked, 1);
		process = bpf_map_lookup_elem(&processes, &tgid);
		if (!process)
			goto out;
	}
	if (process->bound != active)
		bind(process, active);
	/* The one who asked for the exec is judged for it, by its own policy, before it becomes another. */
	if (process->policy && !(rp_lsm_classes & (1 << RP_CLASS_EXEC)) &&
	    judge_exec(s, process, file, CAN_KILL) == RP_TERMINATED)
		goto out; /* it dies as the one it was: its end is told under that name */

	__builtin_memset(process->name, 0, RP_NAME);
	__builtin_memset(process->invoked, 0, RP_NAME);
	bpf_probe_read_kernel_str(process->name, RP_NAME, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	base_name(process->invoked, BPF_CORE_READ(bprm, filename), s);
	bind(process, active);
	set_maybe(tgid, process->policy != 0);
	scratch_put(s);
	if (process->policy)
		tell_process(process, RP_BOUND, 0, file);
	return 0;
out:
	scratch_put(s);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct process *process;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0; /* other threads live on */
	process = guarded(tgid);
	if (process) {
		__s32 status = BPF_CORE_READ(task, signal, group_exit_code);

		if (!status)
			status = BPF_CORE_READ(task, exit_code);
		tell_process(process, RP_ENDED, status, NULL);
	}
	set_maybe(tgid, false);
	if (bpf_map_delete_elem(&processes, &tgid) == 0)
		__sync_fetch_and_add(&rp_tracked, -1);
	return 0;
}

#endif
