// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the host may ask, and what it is told. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "skeleton.h"
#include "session.h"

#define SECOND 1000000000ull

static __u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static void tell(struct session *session, __u16 type, const char *format, ...)
{
	va_list arguments;
	char *json = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&json, &size);

	va_start(arguments, format);
	vfprintf(to, format, arguments);
	va_end(arguments);
	fclose(to);
	output_frame(&session->out, type, session->policy ? session->policy->generation : 0, json, size);
	free(json);
}

static void refuse(struct session *session, const struct rp_frame *frame, const char *code, const char *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	json_text(to, why, strlen(why));
	fclose(to);
	tell(session, RP_REFUSED, "{\"frame\":\"refused\",\"code\":\"%s\",\"type\":%u,\"sequence\":\"%llu\",\"why\":%s}", code,
	     frame->type, (unsigned long long)frame->sequence, text);
	free(text);
}

bool session_start(struct session *session)
{
	const char *privileges = "all kept by option";
	char *hello;

	session->out.bytes = malloc(OUTPUT_LIMIT);
	session->control.bytes = malloc(sizeof(struct rp_frame) + RP_CONTROL_LIMIT);
	session->out.json = session->options.json;
	if (!session->out.bytes || !session->control.bytes || !attach_all(&session->attached, &session->options))
		return false;
	track_running(session->attached.guard);
	if (!ring_open(&session->ring, bpf_map__fd(session->attached.guard->maps.events), session->options.ring_bytes)) {
		fprintf(stderr, "cannot map the ring: %s\n", strerror(errno));
		return false;
	}
	if (!session->options.keep_privileges)
		privileges = drop_privileges();
	session->heard_ns = clock_ns(CLOCK_BOOTTIME);
	hello = hello_json(&session->attached, privileges, &session->options);
	output_frame(&session->out, RP_HELLO, 0, hello, strlen(hello));
	free(hello);
	return true;
}

static void set_deadline(struct session *session)
{
	session->heard_ns = clock_ns(CLOCK_BOOTTIME);
	if (session->options.deadman_seconds)
		__atomic_store_n(&session->attached.guard->bss->rp_deadline_ns,
				 session->heard_ns + session->options.deadman_seconds * SECOND, __ATOMIC_RELEASE);
}

static const char *unmet(struct session *session, const struct blob *policy, char *why, size_t room)
{
	for (__u32 i = 0; i < policy->process_count; i++) {
		const struct process_entry *process = &policy->processes[i];
		char what[1024];
		__u32 short_of = 0;

		if (process->mode != RP_ENFORCE || !process->prevent)
			continue;
		unmet_demands(&session->attached, process, what, sizeof(what), &short_of);
		if (!what[0])
			continue;
		snprintf(why, room, "%s demands prevention, and this kernel cannot give it: %s", process->names[0], what);
		return why;
	}
	return NULL;
}

/* What can be promised for this policy here, kind by kind, and what stands against more. */
static void tell_active(struct session *session)
{
	const struct blob *policy = session->policy;
	char digest[65], *unmet = NULL;
	__u32 short_of = 0;
	size_t size = 0;
	FILE *to = open_memstream(&unmet, &size);

	fputc('[', to);
	for (__u32 i = 0, told = 0; i < policy->process_count; i++) {
		char why[1024], line[1200];

		unmet_demands(&session->attached, &policy->processes[i], why, sizeof(why), &short_of);
		if (!why[0])
			continue;
		snprintf(line, sizeof(line), "%s: %s", policy->processes[i].names[0], why);
		fputs(told++ ? "," : "", to);
		json_text(to, line, strlen(line));
		if (told == 32)
			break; /* one frame, whatever the policy */
	}
	fputc(']', to);
	fclose(to);
	hex(policy->sha256, 32, digest);
#define TIER(kind) (short_of >> (kind) & 1 ? "terminate" : "prevent")
	tell(session, RP_POLICY_ACTIVE,
	     "{\"frame\":\"policy_active\",\"sha256\":\"%s\",\"generation\":%llu,\"boot_ns\":\"%llu\",\"processes\":%u,\"absent\":%s,"
	     "\"tiers\":{\"exec\":\"%s\",\"file\":\"%s\",\"network\":\"%s\",\"syscall\":\"%s\"},\"unmet\":%s}",
	     digest, (unsigned long long)policy->generation, (unsigned long long)clock_ns(CLOCK_BOOTTIME), policy->process_count,
	     policy->absent, TIER(RP_EXEC), TIER(RP_FILE), TIER(RP_NET), TIER(RP_SYSCALL), unmet);
	free(unmet);
}

static void activate(struct session *session, struct blob *policy)
{
	struct guard *guard = session->attached.guard;

	look_at_all(guard);
	__atomic_store_n(&guard->bss->rp_active, policy->generation << 1 | (session->bank ^ 1), __ATOMIC_RELEASE);
	session->bank ^= 1;
	look_at_all(guard);
	usleep(10000); /* hooks that read the old bank have ended */
	rules_unload(session->bank ^ 1);
	blob_free(session->policy);
	session->policy = policy;
	session->reverted = false;
	tell_active(session);
	if (session->options.persist)
		retire_old_pins();
}

static void set_policy(struct session *session, const struct rp_frame *frame, const char *payload)
{
	struct blob *policy = NULL;
	char why[2048] = "";
	__u8 digest[32];

	if (frame->length < 32) {
		refuse(session, frame, "policy.cut", "a policy is 32 bytes of SHA-256 and a blob");
		return;
	}
	sha256(payload + 32, frame->length - 32, digest);
	if (memcmp(digest, payload, 32)) {
		refuse(session, frame, "policy.digest", "the blob is not the one of the digest");
		return;
	}
	policy = blob_read(payload + 32, frame->length - 32, why, sizeof(why));
	if (!policy) {
		refuse(session, frame, "policy.malformed", why);
		return;
	}
	if (session->policy && policy->generation <= session->policy->generation) {
		refuse(session, frame, "policy.generation", "it is not newer than the one in force");
	} else if (unmet(session, policy, why, sizeof(why))) {
		refuse(session, frame, "policy.prevent", why);
	} else if (!rules_load(session->attached.guard, policy, session->bank ^ 1, why, sizeof(why))) {
		refuse(session, frame, "policy.no_room", why);
	} else {
		activate(session, policy);
		return;
	}
	blob_free(policy);
}

static void store_mode(struct session *session, __u32 index, __u8 mode)
{
	session->policy->processes[index].mode = mode;
	__atomic_store_n(&session->attached.guard->bss->rp_modes[session->bank * RP_PROCESSES + index], mode, __ATOMIC_RELEASE);
}

static void set_mode(struct session *session, const struct rp_frame *frame, const char *payload)
{
	struct rp_mode_change change;
	__u32 first, last, short_of = 0;
	char why[1024];

	if (frame->length != sizeof(change)) {
		refuse(session, frame, "mode.malformed", "a mode change has 8 bytes");
		return;
	}
	memcpy(&change, payload, sizeof(change));
	if (!session->policy || change.generation != session->policy->generation) {
		refuse(session, frame, "mode.generation", "that policy is not in force");
		return;
	}
	if (change.mode > RP_ENFORCE || (change.process != 0xffff && change.process >= session->policy->process_count)) {
		refuse(session, frame, "mode.malformed", "no such mode or process");
		return;
	}
	first = change.process == 0xffff ? 0 : change.process;
	last = change.process == 0xffff ? session->policy->process_count : first + 1u;
	for (__u32 i = first; i < last && change.mode == RP_ENFORCE; i++) {
		if (!session->policy->processes[i].prevent)
			continue;
		unmet_demands(&session->attached, &session->policy->processes[i], why, sizeof(why), &short_of);
		if (!why[0])
			continue;
		refuse(session, frame, "policy.prevent", why);
		return;
	}
	for (__u32 i = first; i < last; i++)
		store_mode(session, i, change.mode);
	session->reverted = false;
	tell(session, RP_MODE_ACTIVE, "{\"frame\":\"mode_active\",\"mode\":\"%s\",\"process\":%d,\"generation\":%llu,\"boot_ns\":\"%llu\",\"why\":\"asked\"}",
	     mode_names[change.mode], change.process == 0xffff ? -1 : change.process,
	     (unsigned long long)session->policy->generation, (unsigned long long)clock_ns(CLOCK_BOOTTIME));
}

/* The kernel has stopped enforcing at the deadline by itself; this makes it lasting and says so. */
static void check_deadman(struct session *session)
{
	if (!session->options.deadman_seconds || session->reverted || !session->policy ||
	    clock_ns(CLOCK_BOOTTIME) < session->heard_ns + session->options.deadman_seconds * SECOND)
		return;
	for (__u32 i = 0; i < session->policy->process_count; i++)
		store_mode(session, i, RP_AUDIT);
	session->reverted = true;
	tell(session, RP_MODE_ACTIVE, "{\"frame\":\"mode_active\",\"mode\":\"audit\",\"process\":-1,\"generation\":%llu,\"boot_ns\":\"%llu\",\"why\":\"host_silent\"}",
	     (unsigned long long)session->policy->generation, (unsigned long long)clock_ns(CLOCK_BOOTTIME));
}

static void obey(struct session *session, const struct rp_frame *frame, const char *payload)
{
	set_deadline(session);
	if (frame->type == RP_SET_POLICY)
		set_policy(session, frame, payload);
	else if (frame->type == RP_SET_MODE)
		set_mode(session, frame, payload);
	else if (frame->type == RP_STOP)
		session->ended = true;
}

void session_control(struct session *session)
{
	struct control *control = &session->control;
	size_t room = sizeof(struct rp_frame) + RP_CONTROL_LIMIT - control->have;
	ssize_t got = read(STDIN_FILENO, control->bytes + control->have, room);
	struct rp_frame frame;
	const char *payload, *why;
	int state;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		session->ended = true;
		return;
	}
	control->have += got;
	while ((state = control_next(control, &frame, &payload, &why)) == 1) {
		obey(session, &frame, payload);
		control_done(control, &frame);
	}
	if (state < 0) {
		/* Behind a frame that cannot be trusted there is no next one. */
		refuse(session, &frame, why, "the control stream cannot be read any further; the sensor ends");
		session->ended = true;
	}
}

/* As much as fits. What does not stays in the kernel's ring, and what does not fit there is counted as dropped. */
void session_drain(struct session *session)
{
	const struct rp_event *event;
	size_t length;

	while (output_has_room(&session->out) && (event = ring_next(&session->ring, &length))) {
		output_frame(&session->out, RP_EVENT, event->generation, event, length);
		ring_release(&session->ring, length);
		session->sent++;
	}
}

static void fill_stats(struct guard *guard, struct rp_heartbeat *beat)
{
	int cpus = libbpf_num_possible_cpus(), map = bpf_map__fd(guard->maps.stats);
	struct rp_stats *each = calloc(cpus, sizeof(*each));

	for (__u32 kind = 0; each && kind < RP_KINDS; kind++) {
		__u64 *sum = (__u64 *)&beat->stats[kind];

		if (bpf_map_lookup_elem(map, &kind, each))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			for (size_t i = 0; i < sizeof(*each) / sizeof(__u64); i++)
				sum[i] += ((__u64 *)&each[cpu])[i];
	}
	free(each);
}

static void beat(struct session *session, __u16 type)
{
	struct guard *guard = session->attached.guard;
	struct rp_heartbeat beat = {
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.boot_ns = clock_ns(CLOCK_BOOTTIME),
		.sent = session->sent,
		.ring_used = ring_used(&session->ring),
		.ring_size = session->ring.size,
		.tracked = guard->bss->rp_tracked,
		.forks = guard->bss->rp_forks,
		.execs = guard->bss->rp_execs,
		.hooks = hook_bits(&session->attached),
		.generation = session->policy ? session->policy->generation : 0,
		.kinds = RP_KINDS,
		.blinds = RP_BLINDS,
	};

	if (session->policy)
		memcpy(beat.policy_sha256, session->policy->sha256, 32);
	for (int i = 0; i < RP_BLINDS; i++)
		beat.blind[i] = guard->bss->rp_blind[i];
	fill_stats(guard, &beat);
	/* Last: what was dropped by now has a number below it. */
	beat.next_sequence = __atomic_load_n(&guard->bss->rp_next_sequence, __ATOMIC_ACQUIRE);
	output_frame(&session->out, type, beat.generation, &beat, sizeof(beat));
}

void session_beat(struct session *session)
{
	check_deadman(session);
	session->beats++;
	if (session->policy && session->beats % 10 == 0)
		rules_refresh_inodes(session->attached.guard, session->policy, session->bank);
	session_drain(session);
	beat(session, RP_HEARTBEAT);
}

/* Nothing more can be made after the hooks are gone, so the last account is exact. A host that does not read gets a second. */
static void flush_for(struct session *session, int milliseconds)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	while (session->out.from < session->out.to && !output_flush(&session->out) && session->out.from < session->out.to)
		if (poll(&out, 1, milliseconds) <= 0)
			return;
}

void session_end(struct session *session)
{
	struct guard *guard = session->attached.guard;

	if (session->options.persist) {
		/* The hooks stay. Our pid will be somebody else's. */
		guard->bss->rp_spared[0] = 0;
		guard->bss->rp_spared[1] = 0;
	} else {
		detach_all(&session->attached);
		usleep(20000);
	}
	do {
		session_drain(session);
		flush_for(session, 1000);
	} while (ring_used(&session->ring) && output_has_room(&session->out));
	/* Hooks that stay go on counting: then this is one more account and not the last. */
	beat(session, session->options.persist ? RP_HEARTBEAT : RP_BYE);
	flush_for(session, 1000);
}
