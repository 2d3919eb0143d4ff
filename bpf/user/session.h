/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One host, one life of the sensor. */
#ifndef RUNPROOF_SESSION_H
#define RUNPROOF_SESSION_H

#include "sensor.h"

struct session {
	struct options options;
	struct attached attached;
	struct output out;
	struct control control;
	struct ring ring;
	struct blob *policy; /* in force; NULL: none */
	unsigned bank;
	__u64 sent; /* event frames */
	__u64 beats;
	__u64 heard_ns; /* from the host, for the last time */
	bool reverted;	/* it was silent too long: everything is audit until it says otherwise */
	bool ended;
};

bool session_start(struct session *session);
void session_control(struct session *session);
void session_drain(struct session *session);
void session_beat(struct session *session);
void session_end(struct session *session);

#endif
