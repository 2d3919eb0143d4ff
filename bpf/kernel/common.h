/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counters, working memory, and how an event leaves the kernel. */
#ifndef RUNPROOF_KERNEL_COMMON_H
#define RUNPROOF_KERNEL_COMMON_H

#define EPERM 1
#define SIGKILL 9

#define INLINE static __always_inline

/* Atomic although per CPU: an LSM program can be preempted between load and store. */
#define count(kind, field)                                                                    \
	do {                                                                                  \
		__u32 kind_ = (kind);                                                         \
		struct rp_stats *stats_ = bpf_map_lookup_elem(&stats, &kind_);                \
		if (stats_)                                                                   \
			__sync_fetch_and_add(&stats_->field, 1);                              \
	} while (0)

INLINE void blind(__u32 what)
{
	if (what < RP_BLINDS)
		__sync_fetch_and_add(&rp_blind[what], 1);
}

/* Written out, because the compiler proves what the verifier of 6.1 does not, and leaves the mask away. */
INLINE const volatile struct call *call_of(__u64 number)
{
	_Static_assert(RP_SYSCALLS == 512, "the mask below");
	asm volatile("%0 &= 511" : "+r"(number));
	return &rp_calls[number];
}

INLINE struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

INLINE __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

INLINE bool is_spared(__u32 tgid)
{
	return tgid <= 1 || tgid == rp_spared[0] || tgid == rp_spared[1];
}

/* Four hooks may be at work on one CPU at a time, each preempted by the next. */
INLINE struct scratch *scratch_get(void)
{
	__u32 first = bpf_get_smp_processor_id() * SCRATCH_PER_CPU;

	for (int i = 0; i < SCRATCH_PER_CPU; i++) {
		__u32 at = first + i;
		struct scratch *s = bpf_map_lookup_elem(&scratches, &at);

		if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0)
			return s;
	}
	blind(RP_BLIND_SCRATCH);
	return NULL;
}

INLINE void scratch_put(struct scratch *s)
{
	__sync_val_compare_and_swap(&s->busy, 1, 0);
}

INLINE bool maybe_guarded(__u32 tgid)
{
	return rp_maybe[(tgid >> 6) & (PID_WORDS - 1)] >> (tgid & 63) & 1;
}

INLINE void set_maybe(__u32 tgid, bool maybe)
{
	__u64 *word = &rp_maybe[(tgid >> 6) & (PID_WORDS - 1)];

	if (maybe)
		__sync_fetch_and_or(word, 1ull << (tgid & 63));
	else
		__sync_fetch_and_and(word, ~(1ull << (tgid & 63)));
}

INLINE void event_start(struct scratch *s, __u32 kind)
{
	__builtin_memset(&s->event, 0, offsetof(struct rp_event, path));
	s->event.kind = kind;
	s->event.number = -1;
	s->event.rule = RP_NO_RULE;
}

/* Who acts; only for what is told, because it is a dozen reads. */
INLINE void event_actor(struct scratch *s, const struct process *process)
{
	struct task_struct *task = current_task();
	struct rp_event *event = &s->event;
	__u64 id = bpf_get_current_pid_tgid();

	event->tgid = id >> 32;
	event->tid = (__u32)id;
	event->parent = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	event->cgroup = bpf_get_current_cgroup_id();
	event->start_ns = process->start_ns;
	event->generation = process->bound >> 1;
	event->process = (process->policy - 1) & (RP_PROCESSES - 1);
	if (process->inherited)
		event->flags |= RP_INHERITED;
	bpf_probe_read_kernel(event->name, RP_NAME, process->guard);
}

/* The sequence comes before everything that can fail: a gap is a loss, and losses at the tail are in `dropped`. */
INLINE void event_send(struct scratch *s)
{
	struct rp_event *event = &s->event;
	__u32 length = event->path_length & 0xff;
	__u32 kind = event->kind;

	event->sequence = __sync_fetch_and_add(&rp_next_sequence, 1);
	event->boot_ns = bpf_ktime_get_boot_ns();
	if (bpf_ringbuf_output(&events, event, offsetof(struct rp_event, path) + length, 0))
		count(kind, dropped);
	else
		count(kind, emitted);
}

/* The mode that holds now: past the host's deadline nothing is enforced. */
INLINE __u32 mode_of(__u32 policy)
{
	__u32 slot = (policy - 1) & (SLOTS - 1);
	__u32 mode = rp_modes[slot];
	__u64 deadline = rp_deadline_ns;

	if (mode == RP_ENFORCE && deadline && bpf_ktime_get_boot_ns() > deadline)
		return RP_AUDIT;
	return mode;
}

INLINE void kill_current(struct rp_event *event)
{
	__u32 kind = event->kind;

	event->mechanism = RP_BY_SIGKILL;
	if (!is_spared(event->tgid) && bpf_send_signal(SIGKILL) == 0) {
		event->effect = RP_TERMINATED;
		count(kind, killed);
	} else {
		event->effect = RP_UNKNOWN;
		count(kind, kill_failed);
	}
}

enum power { CAN_OBSERVE, CAN_KILL, CAN_DENY_LSM, CAN_DENY_CGROUP };

/*
 * Counts, acts as far as mode and hook allow, tells it, and answers for a hook
 * that can refuse: -EPERM or 0. The event is filled but for its effect.
 */
INLINE int conclude(struct scratch *s, const struct process *process, __u32 flags, enum power power)
{
	struct rp_event *event = &s->event;
	__u32 mode = mode_of(process->policy);
	int verdict = 0;

	event_actor(s, process);
	event->flags |= flags;
	event->mode = mode;
	event->effect = RP_OBSERVED;
	event->mechanism = power == CAN_DENY_LSM      ? RP_BY_LSM
			   : power == CAN_DENY_CGROUP ? RP_BY_CGROUP
						      : RP_BY_TRACEPOINT;
	if (flags & RP_VIOLATION) {
		__u32 kind = event->kind;

		count(kind, violated);
		if (mode == RP_ENFORCE && power == CAN_KILL) {
			kill_current(event);
		} else if (mode == RP_ENFORCE && power != CAN_OBSERVE) {
			event->effect = RP_PREVENTED;
			count(kind, denied);
			verdict = -EPERM;
		}
	}
	event_send(s);
	return verdict;
}

/* What the bits of the matching rules mean; `closed`: what no entry allows is a violation. */
INLINE __u32 judge(__u32 bits, bool closed)
{
	if (bits & RP_BLOCK)
		return RP_VIOLATION;
	if (closed && !(bits & (RP_ALLOW | RP_MAYBE_ALLOW)))
		return RP_VIOLATION;
	if ((bits & RP_MAYBE_BLOCK) || (closed && !(bits & RP_ALLOW)))
		return RP_CANDIDATE;
	return 0;
}

#endif
