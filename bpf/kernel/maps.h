/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Everything that outlives a hook: who is guarded, by which rules, and what was counted. */
#ifndef RUNPROOF_KERNEL_MAPS_H
#define RUNPROOF_KERNEL_MAPS_H

struct process {
	__u64 bound; /* what rp_active was when `policy` was looked up */
	__u64 start_ns;
	__u32 policy;	       /* 0: not guarded; else slot + 1 */
	__u32 inherited;       /* guarded by an ancestor's name, not by its own */
	char name[RP_NAME];    /* the executable's file */
	char invoked[RP_NAME]; /* the name it was called by */
	char guard[RP_NAME];   /* the policy that holds it, also after exec of something without one */
};

struct policy {
	__u32 flags;
	__u32 classes; /* 1 << rp_class: at least one of the class is blocked */
	__u64 syscalls[RP_SYSCALLS / 64];
};

struct name_key {
	__u32 bank;
	char name[RP_NAME];
};

enum domain { DOMAIN_FILE, DOMAIN_EXEC };

/* Longest wins. An exact path carries its NUL, a directory ends in '/'. */
struct path_key {
	__u32 prefix_length;
	__u16 slot;
	__u16 domain;
	char path[RP_PATH];
};

struct net_key {
	__u32 prefix_length;
	__u16 slot;
	__u16 port; /* 0: any */
	__u8 address[16];
};

struct inode_key {
	__u64 inode;
	__u32 device;
	__u16 slot;
	__u16 subtree; /* 1: everything below this directory */
};

struct rule {
	__u32 bits;
	__u32 number;
};

struct call {
	__u8 class;
	__u8 path_argument; /* 0: none; else its place, from 1 */
	__u8 kind;
	__u8 reserved;
};

enum call_kind {
	CALL_PLAIN,
	CALL_OPEN,
	CALL_CHANGE, /* unlink, rename ... */
	CALL_CONNECT,
	CALL_SENDTO,
	CALL_SENDMSG,
	CALL_IO_URING,
	CALL_CLONE,
	CALL_CLONE3,
	CALL_HANDLE,
	CALL_CHROOT,
};

/* On the way from a dentry to the root. */
struct walk {
	__u64 dentry;
	__u64 mnt;
	__u32 start; /* of what is built, in `text`: it grows downwards */
	__u32 slot;
	__u32 match_inodes;
	__u32 first;
	__u32 too_long;
	__u32 done;
	struct rule inode_rule;
	char text[512 + 256];
};

/* The stack has 512 bytes, and LSM programs can be preempted: so memory is claimed, not per CPU. */
struct scratch {
	__u32 busy;
	struct path_key key;
	struct rp_event event;
	struct walk walk;
};

#define SLOTS (2 * RP_PROCESSES)
#define SCRATCH_PER_CPU 4

#define PID_WORDS 65536 /* PID_MAX_LIMIT, 4 Mi, in words of 64 bits */

#ifdef __bpf__

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct name_key);
	__type(value, __u32);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct path_key);
	__type(value, struct rule);
} path_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct net_key);
	__type(value, struct rule);
} net4_rules SEC(".maps"), net6_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct inode_key);
	__type(value, struct rule);
} inode_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RP_KINDS);
	__type(key, __u32);
	__type(value, struct rp_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCH_PER_CPU); /* times the CPUs, set when loaded */
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* An open whose text matched at entry: told at exit, when it failed by itself. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct rule);
} pending SEC(".maps");

/* What a thread asked for, for the LSM hook that answers for many calls. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u32);
} asked SEC(".maps");

/* For learning: a system call is told once per policy, as long as it is remembered. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u8);
} told SEC(".maps");

/* Filled before loading. */
const volatile struct call rp_calls[RP_SYSCALLS];
const volatile __u32 rp_scratches = SCRATCH_PER_CPU;

/* The sensor and its host write these while we run; each is one aligned word. */
__u64 rp_active;      /* generation << 1 | bank: the flip of a policy is one store */
__u64 rp_deadline_ns; /* 0: none; past it everything is audit */
__u32 rp_modes[SLOTS];
__u32 rp_spared[4];   /* never guarded, never killed: the sensor, its host */
__u32 rp_lsm_classes; /* 1 << rp_class: an LSM hook answers, the entry stays silent */
__u32 rp_lsm_open;
__u32 rp_net_hooked; /* cgroup or LSM answers for addresses */

/* Written by a hook when it runs: LSM attaches and stays silent where bpf is not in the kernel's lsm list. */
__u32 rp_lsm_alive;
__u32 rp_cgroup_alive;

/*
 * A bit for each process id that there can be: it may be guarded, look closer.
 * Every system call of every process asks, so it must cost one load.
 */
__u64 rp_maybe[PID_WORDS];

__u64 rp_next_sequence;
__u64 rp_tracked;
__u64 rp_forks;
__u64 rp_execs;
__u64 rp_blind[RP_BLINDS];

#endif
#endif
