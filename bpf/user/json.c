// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JSON for people (--json) and for the frames that come once. Names and paths are bytes: what is not UTF-8 is escaped. */
#include <arpa/inet.h>
#include <string.h>
#include "sensor.h"

/* How many bytes of well-formed UTF-8 start here; 0: none. */
static int utf8(const unsigned char *at, size_t left)
{
	int more = at[0] >= 0xf0 && at[0] < 0xf5 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc2 ? 1 : 0;

	if (at[0] < 0x80)
		return 1;
	if (!more || at[0] >= 0xf5 || (size_t)more >= left)
		return 0;
	for (int i = 1; i <= more; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms and surrogates */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return more + 1;
}

void json_text(FILE *to, const char *text, size_t length)
{
	fputc('"', to);
	for (size_t i = 0; i < length && text[i];) {
		const unsigned char *at = (const unsigned char *)text + i;
		int size = utf8(at, length - i);

		if (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f || !size)
			fprintf(to, "\\u%04x", *at), size = 1;
		else
			fwrite(at, 1, size, to);
		i += size;
	}
	fputc('"', to);
}

static void json_address(FILE *to, const struct rp_event *event)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(event->family == 6 ? AF_INET6 : AF_INET, event->address, text, sizeof(text));
	fprintf(to, ",\"address\":\"%s\",\"port\":%u,\"protocol\":%u", text, event->port, event->protocol);
}

void json_event(FILE *to, const struct rp_event *event)
{
	const char *call = event->number >= 0 ? call_name(event->number) : NULL;

	fprintf(to, "{\"frame\":\"event\",\"sequence\":%llu,\"boot_ns\":%llu,\"generation\":%llu,\"kind\":\"%s\",\"name\":",
		event->sequence, event->boot_ns, event->generation, kind_names[event->kind % RP_KINDS]);
	json_text(to, event->name, RP_NAME);
	fprintf(to, ",\"pid\":%u,\"tid\":%u,\"parent\":%u,\"uid\":%u,\"mode\":\"%s\",\"effect\":\"%s\",\"mechanism\":\"%s\"",
		event->tgid, event->tid, event->parent, event->uid, mode_names[event->mode % 3],
		effect_names[event->effect % 4], mechanism_names[event->mechanism % 4]);
	fprintf(to, ",\"violation\":%s,\"candidate\":%s,\"by_inode\":%s,\"entry_text\":%s,\"result\":%d",
		event->flags & RP_VIOLATION ? "true" : "false", event->flags & RP_CANDIDATE ? "true" : "false",
		event->flags & RP_BY_INODE ? "true" : "false", event->flags & RP_ENTRY_TEXT ? "true" : "false",
		event->result);
	if (call)
		fprintf(to, ",\"call\":\"%s\"", call);
	else if (event->number < -2 && -2 - event->number < RP_CLASSES)
		fprintf(to, ",\"class\":\"%s\"", class_names[-2 - event->number]);
	if (event->compat)
		fprintf(to, ",\"compat\":true,\"number\":%d", event->number);
	if (event->path_length) {
		fputs(",\"path\":", to);
		json_text(to, event->path, event->path_length);
	}
	if (event->family)
		json_address(to, event);
	fputc('}', to);
}

void json_heartbeat(FILE *to, const struct rp_heartbeat *beat)
{
	fprintf(to, "\"next_sequence\":%llu,\"sent\":%llu,\"ring_used\":%llu,\"ring_size\":%llu,\"tracked\":%llu",
		beat->next_sequence, beat->sent, beat->ring_used, beat->ring_size, beat->tracked);
	fprintf(to, ",\"forks\":%llu,\"execs\":%llu,\"generation\":%llu,\"stats\":{", beat->forks, beat->execs,
		beat->generation);
	for (int i = 0; i < RP_KINDS; i++) {
		const struct rp_stats *s = &beat->stats[i];

		fprintf(to,
			"%s\"%s\":{\"seen\":%llu,\"matched\":%llu,\"violated\":%llu,\"emitted\":%llu,\"dropped\":%llu,"
			"\"killed\":%llu,\"kill_failed\":%llu,\"denied\":%llu,\"unreadable\":%llu,\"track_failed\":%llu}",
			i ? "," : "", kind_names[i], s->seen, s->matched, s->violated, s->emitted, s->dropped, s->killed,
			s->kill_failed, s->denied, s->unreadable, s->track_failed);
	}
	fputs("},\"blind\":{", to);
	for (int i = 0; i < RP_BLINDS && blind_names[i]; i++)
		fprintf(to, "%s\"%s\":%llu", i ? "," : "", blind_names[i], beat->blind[i]);
	fputc('}', to);
}
