/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The sensor's own parts, each in the file that its heading names. */
#ifndef RUNPROOF_SENSOR_H
#define RUNPROOF_SENSOR_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "../guard.h"

#define SENSOR_VERSION "1.0.0"
#define PIN_FOLDER "/sys/fs/bpf/runproof"

struct guard; /* the skeleton */

struct options {
	bool json;
	bool persist;
	bool keep_privileges;
	bool no_lsm; /* to see what the other tiers do where LSM works */
	bool no_cgroup;
	__u32 ring_bytes;
	__u32 deadman_seconds;
};

/* names.c */
extern const char *const kind_names[], *const mode_names[], *const effect_names[], *const mechanism_names[];
extern const char *const blind_names[], *const class_names[];

/* calls.c: the system calls of this architecture */
int call_number(const char *name); /* -1: not here */
const char *call_name(int number); /* NULL: none */
__u32 call_class(int number);
void fill_calls(struct guard *guard);

/* sha256.c */
void sha256(const void *data, size_t length, __u8 digest[32]);
bool sha256_file(const char *path, __u8 digest[32]);
void hex(const __u8 *bytes, size_t length, char *text);

/* attach.c */
#define HOOKS_MAX 64
enum hook_state { HOOK_ATTACHED, HOOK_MISSING, HOOK_FAILED, HOOK_SPARE };
struct hook {
	const char *name; /* its section: raw_tp/sys_enter, lsm/file_open ... */
	const char *program;
	enum hook_state state;
	int error; /* errno; 0: see note */
	const char *note;
};
struct attached {
	struct guard *guard;
	struct hook hooks[HOOKS_MAX];
	int hook_count;
	bool lsm, lsm_open, lsm_exec, lsm_net, cgroup;
	__u32 lsm_classes;
};
bool attach_all(struct attached *to, const struct options *options);
void detach_all(struct attached *from);
bool has_hook(const struct attached *in, const char *name);
__u64 hook_bits(const struct attached *in);
void retire_old_pins(void);
int unpin_all(void);

/* processes.c: what ran before us */
int track_running(struct guard *guard);
void look_at_all(struct guard *guard);

/* privileges.c */
const char *drop_privileges(void); /* what is left, in words */

/* ring.c */
struct ring {
	volatile unsigned long *consumer;
	volatile unsigned long *producer;
	const char *data;
	size_t size;
};
bool ring_open(struct ring *ring, int map, size_t size);
const struct rp_event *ring_next(struct ring *ring, size_t *length); /* NULL: empty */
void ring_release(struct ring *ring, size_t length);
__u64 ring_used(const struct ring *ring);

/* frames.c */
struct output {
	char *bytes;
	size_t from, to;
	__u64 sequence;
	bool json;
};
#define OUTPUT_LIMIT (1u << 20)
bool output_has_room(const struct output *out);
void output_frame(struct output *out, __u16 type, __u32 generation, const void *payload, __u32 length);
int output_flush(struct output *out); /* -1: the host is gone */
struct control {
	char *bytes;
	size_t have;
	__u64 expected;
};
/* 1: a whole frame; 0: not yet; -1: *why says what is wrong, and nothing after it can be trusted. */
int control_next(struct control *control, struct rp_frame *frame, const char **payload, const char **why);
void control_done(struct control *control, const struct rp_frame *frame);

/* json.c */
void json_text(FILE *to, const char *text, size_t length);
void json_event(FILE *to, const struct rp_event *event);
void json_heartbeat(FILE *to, const struct rp_heartbeat *beat);

/* hello.c */
char *hello_json(const struct attached *with, const char *privileges, const struct options *options);

/* policy.c, rules.c */
struct path_entry {
	char *text;
	__u16 length;
	__u8 exact, bits, domain;
	__u32 number;
};
struct net_entry {
	__u8 family, prefix, bits;
	__u16 port;
	__u8 address[16];
	__u32 number;
};
struct process_entry {
	char (*names)[RP_NAME]; /* its own first */
	__u32 name_count;
	__u8 mode, prevent;
	__u32 flags, classes;
	__u64 syscalls[RP_SYSCALLS / 64];
	struct path_entry *paths;
	__u32 path_count;
	struct net_entry *nets;
	__u32 net_count;
};
struct blob {
	__u64 generation;
	struct process_entry *processes;
	__u32 process_count;
	char *absent; /* JSON list: calls that this architecture does not have */
	__u8 sha256[32];
};
struct blob *blob_read(const char *bytes, size_t length, char *why, size_t room); /* NULL: why */
void blob_free(struct blob *blob);
/*
 * What a demand for prevention cannot have here, in words; empty: nothing.
 * `short_of`: a bit for each kind (rp_kind) that is concerned.
 */
void unmet_demands(const struct attached *with, const struct process_entry *process, char *why, size_t room, __u32 *short_of);

struct bank; /* the keys of what is loaded, to take it out again */
bool rules_load(struct guard *guard, const struct blob *blob, unsigned bank, char *why, size_t room);
void rules_unload(unsigned bank);
void rules_refresh_inodes(struct guard *guard, const struct blob *blob, unsigned bank);
/* Makes shorter entries count under longer ones, because only the longest is found. Merges equal ones. */
__u32 close_paths(struct path_entry *entries, __u32 count);
__u32 close_nets(struct net_entry *entries, __u32 count);

#endif
