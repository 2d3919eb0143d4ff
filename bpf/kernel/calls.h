/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * System calls, at entry and at exit. A raw tracepoint, because it sees what
 * syscalls:* does not: 32-bit callers, and calls that the kernel was built
 * without. A path at entry is the caller's text and can be changed after we
 * have read it; the file at exit is what was really opened.
 */
#ifndef RUNPROOF_KERNEL_CALLS_H
#define RUNPROOF_KERNEL_CALLS_H

#define CLONE_THREAD 0x00010000

INLINE bool is_blocked(const struct policy *policy, __u32 number)
{
	return (policy->syscalls[(number >> 6) & 7] >> (number & 63)) & 1;
}

/* Counts as the system call itself: by number, with the means of a tracepoint. */
INLINE void violate_call(struct process *process, __u32 number, __u32 compat)
{
	struct scratch *s = scratch_get();

	if (!s)
		return;
	count(RP_SYSCALL, matched);
	event_start(s, RP_SYSCALL);
	s->event.number = number;
	s->event.compat = compat;
	conclude(s, process, RP_VIOLATION, CAN_KILL);
	scratch_put(s);
}

INLINE void tell_call_once(struct process *process, __u32 number)
{
	__u64 key = (process->bound << 32) ^ ((__u64)process->policy << 16) ^ number;
	__u8 yes = 1;
	struct scratch *s;

	if (bpf_map_update_elem(&told, &key, &yes, BPF_NOEXIST))
		return;
	s = scratch_get();
	if (!s)
		return;
	event_start(s, RP_SYSCALL);
	s->event.number = number;
	conclude(s, process, 0, CAN_OBSERVE);
	scratch_put(s);
}

struct look {
	struct scratch *s;
	char last, before;
	__u32 plain;
};

static long look_step(__u32 at, struct look *look)
{
	char c;

	if (at >= sizeof(look->s->event.path))
		return 1;
	c = look->s->event.path[at];
	if (!at)
		look->plain = c == '/';
	else if (look->last == '/' && c == '/')
		look->plain = 0;
	else if (look->last == '.' && look->before == '/' && (c == '/' || c == '.' || !c))
		look->plain = 0;
	look->before = look->last;
	look->last = c;
	if (!c || !look->plain)
		return 1;
	return 0;
}

/* Only "/a/b" can be compared as it is written; what is relative or holds "..", "." or "//" must wait for the file. */
INLINE bool is_plain(struct scratch *s)
{
	struct look look = {.s = s};

	bpf_loop(RP_PATH, look_step, &look, 0);
	return look.plain != 0;
}

/*
 * The text at entry. In enforce without LSM it is the only chance to stop the
 * caller before it holds the file: 0 of 300 got it, against 282 at exit.
 */
INLINE void judge_text(struct process *process, struct policy *policy, __u32 number, const void *text, bool opens)
{
	struct rule *rule, told_already = {};
	struct scratch *s = scratch_get();
	__u64 id = bpf_get_current_pid_tgid();
	long length;

	if (!s)
		return;
	event_start(s, RP_FILE);
	length = bpf_probe_read_user_str(s->event.path, sizeof(s->event.path), text);
	if (length < 0) {
		blind(opens ? RP_BLIND_ENTRY : RP_BLIND_UNREADABLE);
		if (!opens)
			count(RP_FILE, unreadable);
		goto out;
	}
	if (length > RP_PATH) {
		if (!opens) {
			blind(RP_BLIND_LONG_PATH);
			count(RP_FILE, unreadable);
		}
		goto out;
	}
	s->event.path_length = (length - 1) & 255;
	if (!opens && !is_plain(s)) {
		blind(RP_BLIND_RELATIVE);
		goto out;
	}
	rule = path_rule(s, process->policy, DOMAIN_FILE);
	if (!rule || !(rule->bits & RP_BLOCK))
		goto out; /* allow lists are judged by the file that was opened */
	if (opens && !is_plain(s))
		goto out;
	s->event.rule = rule->number;
	s->event.number = number;
	s->event.access = opens ? 0 : 2;
	s->event.flags |= RP_ENTRY_TEXT;
	if (opens && mode_of(process->policy) != RP_ENFORCE) {
		/* Told once, when it is known whether it came to anything. */
		bpf_map_update_elem(&pending, &id, rule, BPF_ANY);
		goto out;
	}
	count(RP_FILE, matched);
	conclude(s, process, RP_VIOLATION, CAN_KILL);
	if (opens && s->event.effect == RP_TERMINATED)
		bpf_map_update_elem(&pending, &id, &told_already, BPF_ANY);
out:
	scratch_put(s);
}

INLINE bool starts_thread(const struct call *call, struct pt_regs *regs)
{
	__u64 flags = argument0(regs);

	if (call->kind == CALL_CLONE3) {
		const void *arguments = (const void *)flags;

		flags = 0;
		bpf_probe_read_user(&flags, sizeof(flags), arguments);
	}
	return flags & CLONE_THREAD;
}

INLINE void judge_number(struct process *process, struct policy *policy, __u32 number, const struct call *call,
			 struct pt_regs *regs)
{
	if (is_blocked(policy, number)) {
		/* Where LSM answers for it, it is refused there, and told once. */
		if (call->class && (rp_lsm_classes & (1 << call->class))) {
			__u32 thread = (__u32)bpf_get_current_pid_tgid();

			bpf_map_update_elem(&asked, &thread, &number, BPF_ANY);
			return;
		}
		if (call->class == RP_CLASS_EXEC)
			return; /* judged at exec, with its path */
		if ((call->kind == CALL_CLONE || call->kind == CALL_CLONE3) && starts_thread(call, regs))
			return;
		violate_call(process, number, 0);
	} else if (policy->flags & RP_EMIT_ALL) {
		tell_call_once(process, number);
	}
}

/* A 32-bit caller has other numbers: files are judged at exit, everything else is blind, so enforce without LSM ends it. */
INLINE void enter_compat(struct process *process, __u32 number)
{
	if (mode_of(process->policy) == RP_ENFORCE && !rp_lsm_open)
		violate_call(process, number & 0xffff, 1);
	else
		blind(RP_BLIND_COMPAT);
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct process *process = guarded(current_tgid());
	struct pt_regs *regs = (void *)ctx->args[0];
	__u32 number = ctx->args[1];
	struct policy *policy;
	struct call call;

	if (!process || is_spared(current_tgid()))
		return 0;
	policy = policy_of(process);
	if (!policy)
		return 0;
	count(RP_SYSCALL, seen);
	if (is_compat(current_task(), ctx->args[1])) {
		enter_compat(process, number);
		return 0;
	}
	if (number >= RP_SYSCALLS)
		return 0; /* no such call on any kernel yet */
	call.class = call_of(number)->class;
	call.kind = call_of(number)->kind;
	call.path_argument = call_of(number)->path_argument;

	judge_number(process, policy, number, &call, regs);
	if (call.kind == CALL_IO_URING && !rp_lsm_open && !is_blocked(policy, number)) {
		if (mode_of(process->policy) == RP_ENFORCE)
			violate_call(process, number, 0);
		else
			blind(RP_BLIND_IO_URING);
	}
	if (call.kind == CALL_HANDLE && !rp_lsm_open)
		blind(RP_BLIND_HANDLE);
	if (call.kind == CALL_CHROOT)
		blind(RP_BLIND_CHROOT);
	if (call.path_argument && !rp_lsm_open && (policy->flags & RP_HAS_FILE)) {
		const void *text = (const void *)(call.path_argument == 1 ? argument0(regs) : argument1(regs));

		judge_text(process, policy, number, text, call.kind == CALL_OPEN);
	}
	if (!rp_net_hooked && (policy->flags & RP_HAS_NET))
		judge_address_at_entry(process, policy, &call, regs);
	return 0;
}

INLINE struct file *file_of(long descriptor)
{
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	struct file **slot = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (descriptor < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), slot + descriptor);
	return file;
}

/* The open failed by itself, or the descriptor is gone: what is left is the text that matched. */
INLINE void tell_attempt(struct scratch *s, struct process *process, const void *text, long result, struct rule *matched)
{
	long length = bpf_probe_read_user_str(s->event.path, sizeof(s->event.path), text);

	if (length < 1 || length > RP_PATH)
		length = 1;
	s->event.path_length = (length - 1) & 255;
	s->event.rule = matched->number;
	s->event.result = result;
	count(RP_FILE, matched);
	conclude(s, process, RP_VIOLATION | RP_ENTRY_TEXT | RP_ATTEMPT, CAN_OBSERVE);
}

SEC("raw_tp/sys_exit")
int on_return(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	long result = ctx->args[1], number;
	__u64 id = bpf_get_current_pid_tgid();
	struct rule *matched, rule = {};
	struct process *process;
	struct policy *policy;
	struct scratch *s;
	bool compat;
	__u8 kind;

	if (!maybe_guarded(id >> 32))
		return 0;
	number = number_at_exit(regs);
	compat = is_compat(current_task(), number);
	kind = call_of(number)->kind;
	if (compat ? !compat_opens(number) : kind != CALL_OPEN && kind != CALL_HANDLE)
		return 0;
	process = guarded(id >> 32);
	if (!process || is_spared(id >> 32))
		return 0;
	policy = policy_of(process);
	if (!policy || !looks_at_files(policy))
		return 0;
	count(RP_FILE, seen);
	matched = bpf_map_lookup_elem(&pending, &id);
	if (matched) {
		rule = *matched;
		bpf_map_delete_elem(&pending, &id);
		if (!rule.bits)
			return 0; /* told at entry, and ended for it */
	}
	s = scratch_get();
	if (!s)
		return 0;
	event_start(s, RP_FILE);
	s->event.number = compat ? -1 : number;
	s->event.compat = compat;
	if (result >= 0)
		judge_file(s, process, policy, file_of(result), CAN_KILL);
	else if (rule.bits)
		tell_attempt(s, process, (const void *)(call_of(number)->path_argument == 1 ? argument0(regs) : argument1(regs)),
			     result, &rule);
	scratch_put(s);
	return 0;
}

#endif
