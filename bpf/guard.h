/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one place where the layout is written that kernel programs, the sensor
 * and its host share. Everything is little endian and of fixed width; a test
 * compares these offsets with the reader in src/guard/probes/ebpf.
 */
#ifndef RUNPROOF_GUARD_H
#define RUNPROOF_GUARD_H

#define RP_PROTOCOL 1
#define RP_FRAME_MAGIC 0x31475052u  /* "RPG1" */
#define RP_POLICY_MAGIC 0x42505052u /* "RPPB" */
#define RP_CONTROL_LIMIT (16u << 20)
#define RP_NAME 64
#define RP_PATH 252 /* an LPM key ends at 256 bytes, four are the policy's */
#define RP_PROCESSES 1024
#define RP_SYSCALLS 512
#define RP_NO_RULE 0xffffffffu

enum rp_frame_type {
	/* sensor to host */
	RP_HELLO = 1,	       /* JSON */
	RP_EVENT = 2,	       /* struct rp_event, the path cut to path_len */
	RP_HEARTBEAT = 3,      /* struct rp_heartbeat */
	RP_POLICY_ACTIVE = 4,  /* JSON */
	RP_MODE_ACTIVE = 5,    /* JSON */
	RP_REFUSED = 6,	       /* JSON */
	RP_BYE = 7,	       /* struct rp_heartbeat: nothing follows */
	/* host to sensor */
	RP_SET_POLICY = 16,    /* 32 bytes SHA-256, then the blob */
	RP_SET_MODE = 17,      /* struct rp_mode_change */
	RP_PING = 18,	       /* empty */
	RP_STOP = 19,	       /* empty */
};

struct rp_frame {
	__u32 magic;
	__u16 version;
	__u16 type;
	__u32 length; /* of the payload */
	__u32 generation;
	__u64 sequence; /* of frames in this direction, from 0 */
	__u64 boot_ns;
};

enum rp_kind { RP_EXEC, RP_FILE, RP_NET, RP_SYSCALL, RP_PROCESS, RP_KINDS };
enum rp_mode { RP_AUDIT, RP_ALERT, RP_ENFORCE };
enum rp_effect { RP_OBSERVED, RP_PREVENTED, RP_TERMINATED, RP_UNKNOWN };
enum rp_mechanism { RP_BY_TRACEPOINT, RP_BY_LSM, RP_BY_CGROUP, RP_BY_SIGKILL };

enum rp_event_flag {
	RP_VIOLATION = 1,  /* the kernel is sure */
	RP_CANDIDATE = 2,  /* the kernel cannot express the rule: the host judges */
	RP_BY_INODE = 4,   /* a rule's inode matched, whatever the path says */
	RP_ENTRY_TEXT = 8, /* the path as the caller wrote it, not resolved */
	RP_INHERITED = 16, /* guarded because an ancestor is */
	RP_ENDED = 32,	   /* kind process: it ended, ret is the wait status */
	RP_ATTEMPT = 64,   /* it failed by itself: ret is the error */
	RP_BOUND = 128,	   /* kind process: from here on it is guarded */
};

/* What hides from a hook. The names in the protocol are in user/names.c. */
enum rp_blind {
	RP_BLIND_IO_URING,	/* a ring was set up: its operations are unseen without LSM */
	RP_BLIND_COMPAT,	/* a 32-bit system call: numbers are not judged */
	RP_BLIND_MEMFD,		/* an image without a file was run where no rule says no */
	RP_BLIND_SHARED_FILES,	/* another process shares the descriptors */
	RP_BLIND_ENTRY,		/* a path not readable at entry: judged later, not stopped */
	RP_BLIND_UNREADABLE,	/* a path or address nobody could read */
	RP_BLIND_LONG_PATH,	/* a path of more than RP_PATH bytes */
	RP_BLIND_SCRATCH,	/* no working memory free */
	RP_BLIND_UNTRACKED,	/* the table of processes was full */
	RP_BLIND_RELATIVE,	/* a name for unlink, rename ... that is judged only by LSM */
	RP_BLIND_HANDLE,	/* open_by_handle_at has no name at entry */
	RP_BLIND_CHROOT,	/* a guarded process changed its root */
	RP_BLINDS = 16,
};

struct rp_event {
	__u64 sequence; /* taken before anything could be lost */
	__u64 boot_ns;
	__u64 generation;
	__u64 start_ns; /* when the process started, since boot */
	__u64 cgroup;
	__u64 inode;
	__u32 device;
	__u32 tgid;
	__u32 tid;
	__u32 parent;
	__u32 uid;
	__s32 number; /* of the system call; -1: none */
	__s32 result;
	__u32 rule;
	__u16 process; /* index in the policy */
	__u16 port;
	__u8 kind;
	__u8 effect;
	__u8 mechanism;
	__u8 mode;
	__u8 family; /* 4, 6 or 0 */
	__u8 protocol;
	__u8 access; /* 1 read, 2 write */
	__u8 flags;
	__u8 address[16];
	char name[RP_NAME];
	__u16 path_length;
	__u8 compat;
	__u8 reserved[5];
	char path[256];
};

struct rp_stats {
	__u64 seen;
	__u64 matched;
	__u64 violated;
	__u64 emitted;
	__u64 dropped;
	__u64 killed;
	__u64 kill_failed;
	__u64 denied;
	__u64 unreadable;
	__u64 track_failed;
};

struct rp_heartbeat {
	__u64 realtime_ns;
	__u64 boot_ns;
	__u64 next_sequence;
	__u64 sent; /* event frames before this one */
	__u64 ring_used;
	__u64 ring_size;
	__u64 tracked;
	__u64 forks;
	__u64 execs;
	__u64 hooks; /* a bit for each hook of HELLO, in its order */
	__u64 generation;
	__u8 policy_sha256[32];
	__u32 kinds;
	__u32 blinds;
	struct rp_stats stats[RP_KINDS];
	__u64 blind[RP_BLINDS];
};

struct rp_mode_change {
	__u16 process; /* 0xffff: all */
	__u8 mode;
	__u8 reserved;
	__u32 generation; /* of the policy that is meant */
};

enum rp_rule_bit {
	RP_BLOCK = 1,
	RP_ALLOW = 2,
	RP_MAYBE_BLOCK = 4, /* the host decides whether it is blocked */
	RP_MAYBE_ALLOW = 8,
};

enum rp_policy_flag {
	RP_FILE_CLOSED = 1, /* what no entry allows is a violation */
	RP_EXEC_CLOSED = 2,
	RP_NET_CLOSED = 4,
	RP_EMIT_ALL = 8, /* for learning: every act, not only violations */
	RP_HAS_FILE = 16,
	RP_HAS_EXEC = 32,
	RP_HAS_NET = 64,
	RP_HAS_INODE = 128,
	RP_DESCENDANTS = 256, /* also for what it starts, unless that has a policy of its own */
};

/* System calls that one LSM hook answers for together. */
enum rp_class {
	RP_CLASS_NONE,
	RP_CLASS_EXEC,
	RP_CLASS_FORK,
	RP_CLASS_PTRACE,
	RP_CLASS_MODULE,
	RP_CLASS_KEXEC,
	RP_CLASS_SETUID,
	RP_CLASS_SETGID,
	RP_CLASS_CAPSET,
	RP_CLASS_CONNECT,
	RP_CLASS_OPEN,
	RP_CLASS_UNLINK,
	RP_CLASS_IO_URING,
	RP_CLASSES,
};

#endif
