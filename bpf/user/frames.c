// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Frames out and control in. What goes out is bounded: a host that does not read makes the kernel drop, and count. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sensor.h"

_Static_assert(sizeof(struct rp_frame) == 32, "docs/formats/guard-sensor.md");
_Static_assert(sizeof(struct rp_event) == 440, "docs/formats/guard-sensor.md");

/* The largest frame that is not an event still fits after a check for room. */
#define OUTPUT_RESERVE (128u << 10)

bool output_has_room(const struct output *out)
{
	return out->to - out->from < OUTPUT_LIMIT - OUTPUT_RESERVE;
}

static bool append(struct output *out, const void *bytes, size_t length)
{
	if (out->to + length > OUTPUT_LIMIT && out->from) {
		memmove(out->bytes, out->bytes + out->from, out->to - out->from);
		out->to -= out->from;
		out->from = 0;
	}
	if (out->to + length > OUTPUT_LIMIT)
		return false;
	memcpy(out->bytes + out->to, bytes, length);
	out->to += length;
	return true;
}

static void append_json(struct output *out, __u16 type, const void *payload, __u32 length)
{
	char *line = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&line, &size);

	if (!to)
		return;
	if (type == RP_EVENT) {
		struct rp_event event = {0};

		memcpy(&event, payload, length);
		json_event(to, &event);
	} else if (type == RP_HEARTBEAT || type == RP_BYE) {
		fprintf(to, "{\"frame\":\"%s\",", type == RP_BYE ? "bye" : "heartbeat");
		json_heartbeat(to, payload);
		fputc('}', to);
	} else {
		fwrite(payload, 1, length, to);
	}
	fputc('\n', to);
	fclose(to);
	append(out, line, size);
	free(line);
}

void output_frame(struct output *out, __u16 type, __u32 generation, const void *payload, __u32 length)
{
	struct timespec now;
	struct rp_frame frame = {
		.magic = RP_FRAME_MAGIC,
		.version = RP_PROTOCOL,
		.type = type,
		.length = length,
		.generation = generation,
		.sequence = out->sequence,
	};

	out->sequence++;
	if (out->json) {
		append_json(out, type, payload, length);
		return;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	frame.boot_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	if (out->to - out->from + sizeof(frame) + length > OUTPUT_LIMIT)
		return; /* only heartbeats to a host that has read nothing for long: the gap in the frames' sequence says so */
	append(out, &frame, sizeof(frame));
	append(out, payload, length);
}

int output_flush(struct output *out)
{
	while (out->from < out->to) {
		ssize_t wrote = write(STDOUT_FILENO, out->bytes + out->from, out->to - out->from);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return errno == EAGAIN ? 0 : -1;
		out->from += wrote;
	}
	out->from = out->to = 0;
	return 0;
}

static __u32 limit_of(__u16 type)
{
	switch (type) {
	case RP_SET_POLICY:
		return RP_CONTROL_LIMIT;
	case RP_SET_MODE:
		return sizeof(struct rp_mode_change);
	default:
		return 0;
	}
}

int control_next(struct control *control, struct rp_frame *frame, const char **payload, const char **why)
{
	if (control->have < sizeof(*frame))
		return 0;
	memcpy(frame, control->bytes, sizeof(*frame));
	if (frame->magic != RP_FRAME_MAGIC)
		*why = "frame.magic";
	else if (frame->version != RP_PROTOCOL)
		*why = "frame.version";
	else if (frame->type < RP_SET_POLICY || frame->type > RP_STOP)
		*why = "frame.type";
	else if (frame->length > limit_of(frame->type))
		*why = "frame.too_long";
	else if (frame->sequence != control->expected)
		*why = "frame.sequence";
	else if (control->have < sizeof(*frame) + frame->length)
		return 0;
	else {
		*payload = control->bytes + sizeof(*frame);
		return 1;
	}
	return -1;
}

void control_done(struct control *control, const struct rp_frame *frame)
{
	size_t used = sizeof(*frame) + frame->length;

	control->have -= used;
	control->expected++;
	memmove(control->bytes, control->bytes + used, control->have);
}
