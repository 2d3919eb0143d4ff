/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Programs that really misbehave, against files, sockets and processes that
 * they made themselves. Each act runs in a child; what it achieved is looked
 * at by the parent, because a killed child cannot say it.
 */
#ifndef RUNPROOF_ATTACK_H
#define RUNPROOF_ATTACK_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "the secret of this test\n"

/* Shared by parent and child; it outlives a kill. */
struct shared {
	int tried;  /* the act was called */
	int passed; /* it returned without an error */
	int error;
	int effect; /* seen by the child itself: the secret was read, the uid changed */
	int unsupported;
	int killed; /* a child of the child was */
	char memory[32]; /* what another process is to read */
};

struct scene {
	const char *folder;
	int port;
	struct shared *shared;
	pid_t victim;	/* our own sleeping child; 0: none */
	int listener;	/* ours, to see what a peer sees; -1: none */
	int datagrams;
};

struct attack {
	const char *name;
	void (*act)(struct scene *);
	/* What the parent finds afterwards; NULL: the child's own word, which it gave before it died. */
	bool (*effect)(struct scene *);
	int needs; /* 1 a victim, 2 a listener on 127.0.0.1, 4 on ::1 */
};

extern const struct attack file_attacks[], process_attacks[], network_attacks[];

/* The path in the scene's folder; three can be in use at a time. */
const char *in(const struct scene *scene, const char *name);
/* Notes how a system call ended. */
long note(struct scene *scene, long result);
/* Reads the descriptor and notes whether the secret came. */
void note_leak(struct scene *scene, int descriptor);
/* Never 0, -1 or 1: those are other people's processes. */
void end_child(pid_t child);

/* cost.c */
int show_cost(const char *program, const char *file, int port);

/* uring.c */
struct uring_call {
	int opcode, descriptor;
	unsigned long address, length, offset;
};
int uring_call(const struct uring_call *call); /* its result; -ENOSYS: no io_uring here */

#endif
