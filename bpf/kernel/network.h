/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Addresses: refused by cgroup hooks where a cgroup2 tree is mounted; they also see TFO, io_uring and UDP. */
#ifndef RUNPROOF_KERNEL_NETWORK_H
#define RUNPROOF_KERNEL_NETWORK_H

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

struct address {
	__u8 family; /* 4 or 6 */
	__u8 protocol;
	__u16 port;
	__u32 words[4]; /* as on the wire */
};

/* ::ffff:a.b.c.d is the IPv4 address, whatever the socket says. */
INLINE void unmap(struct address *to)
{
	if (to->family != 6 || to->words[0] || to->words[1] || to->words[2] != bpf_htonl(0xffff))
		return;
	to->family = 4;
	to->words[0] = to->words[3];
	to->words[2] = 0;
	to->words[3] = 0;
}

INLINE __u32 net_bits(const struct address *to, __u32 policy, __u16 port, __u32 *number)
{
	struct net_key key = {.slot = policy - 1, .port = port};
	struct rule *rule;

	__builtin_memcpy(key.address, to->words, 16);
	if (to->family == 4) {
		key.prefix_length = 32 + 32;
		rule = bpf_map_lookup_elem(&net4_rules, &key);
	} else {
		key.prefix_length = 32 + 128;
		rule = bpf_map_lookup_elem(&net6_rules, &key);
	}
	if (!rule)
		return 0;
	if (*number == RP_NO_RULE || (rule->bits & RP_BLOCK))
		*number = rule->number;
	return rule->bits;
}

/* The entries of its port and those of every port. Returns -EPERM or 0. */
INLINE int judge_address(struct process *process, struct policy *policy, struct address *to, enum power power)
{
	__u32 id = process->policy, number = RP_NO_RULE, bits, verdict;
	struct scratch *s;
	int refused = 0;

	count(RP_NET, seen);
	unmap(to);
	bits = net_bits(to, id, to->port, &number);
	if (to->port)
		bits |= net_bits(to, id, 0, &number);
	if (bits)
		count(RP_NET, matched);
	verdict = judge(bits, policy->flags & RP_NET_CLOSED);
	if (!verdict && !(policy->flags & RP_EMIT_ALL))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	event_start(s, RP_NET);
	s->event.family = to->family;
	s->event.protocol = to->protocol;
	s->event.port = to->port;
	s->event.rule = number;
	__builtin_memcpy(s->event.address, to->words, 16);
	refused = conclude(s, process, verdict, power);
	scratch_put(s);
	return refused;
}

/* False: not an internet address, or unreadable, which is counted. */
INLINE bool read_address(struct address *to, const void *from, bool user)
{
	struct {
		__u16 family;
		__u16 port;
		__u32 rest[6];
	} raw = {};
	long bad = user ? bpf_probe_read_user(&raw, 16, from) : bpf_probe_read_kernel(&raw, 16, from);

	if (!bad && raw.family == AF_INET6)
		bad = user ? bpf_probe_read_user(&raw, 28, from) : bpf_probe_read_kernel(&raw, 28, from);
	if (bad) {
		blind(RP_BLIND_UNREADABLE);
		count(RP_NET, unreadable);
		return false;
	}
	__builtin_memset(to, 0, sizeof(*to));
	to->port = bpf_ntohs(raw.port);
	if (raw.family == AF_INET) {
		to->family = 4;
		to->words[0] = raw.rest[0];
		return true;
	}
	if (raw.family != AF_INET6)
		return false;
	to->family = 6;
	__builtin_memcpy(to->words, &raw.rest[1], 16);
	return true;
}

/* Where neither cgroup nor LSM is: the peer may have seen the connection by the time the caller is dead. */
INLINE void judge_address_at_entry(struct process *process, struct policy *policy, const struct call *call,
				   struct pt_regs *regs)
{
	const void *from = NULL;
	struct address to;

	if (call->kind == CALL_CONNECT)
		from = (const void *)argument1(regs);
	else if (call->kind == CALL_SENDTO)
		from = (const void *)argument4(regs);
	else if (call->kind == CALL_SENDMSG)
		bpf_probe_read_user(&from, sizeof(from), (const void *)argument1(regs));
	if (from && read_address(&to, from, true))
		judge_address(process, policy, &to, CAN_KILL);
}

INLINE int allow(struct bpf_sock_addr *ctx, struct address *to)
{
	struct process *process = guarded(current_tgid());
	struct policy *policy = process ? policy_of(process) : NULL;

	if (!policy || is_spared(current_tgid()) || !(policy->flags & (RP_HAS_NET | RP_EMIT_ALL)))
		return 1;
	to->protocol = ctx->protocol == IPPROTO_TCP || ctx->protocol == IPPROTO_UDP ? ctx->protocol : 0;
	to->port = bpf_ntohs((__u16)ctx->user_port);
	return judge_address(process, policy, to, CAN_DENY_CGROUP) == 0;
}

INLINE int allow4(struct bpf_sock_addr *ctx)
{
	struct address to = {.family = 4, .words = {ctx->user_ip4}};

	rp_cgroup_alive = 1;
	return allow(ctx, &to);
}

INLINE int allow6(struct bpf_sock_addr *ctx)
{
	struct address to = {
		.family = 6,
		.words = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]},
	};

	return allow(ctx, &to);
}

SEC("cgroup/connect4") int on_connect4(struct bpf_sock_addr *ctx) { return allow4(ctx); }
SEC("cgroup/connect6") int on_connect6(struct bpf_sock_addr *ctx) { return allow6(ctx); }
SEC("cgroup/sendmsg4") int on_sendmsg4(struct bpf_sock_addr *ctx) { return allow4(ctx); }
SEC("cgroup/sendmsg6") int on_sendmsg6(struct bpf_sock_addr *ctx) { return allow6(ctx); }

#endif
