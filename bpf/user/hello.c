// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The first frame: who we are, where we run, and what this kernel let us do. */
#include <string.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include "skeleton.h"
#include "sensor.h"

static void text_field(FILE *to, const char *name, const char *value)
{
	fprintf(to, ",\"%s\":", name);
	if (value)
		json_text(to, value, strlen(value));
	else
		fputs("null", to);
}

/* The first line of a file; null where it cannot be read, which is not the same as empty. */
static void file_field(FILE *to, const char *name, const char *path)
{
	char line[512] = "";
	FILE *file = fopen(path, "r");
	bool known = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	text_field(to, name, known ? line : NULL);
}

static const char *tier(bool prevents)
{
	return prevents ? "prevent" : "terminate";
}

static void hooks_field(FILE *to, const struct attached *with)
{
	static const char *const states[] = {"attached", "missing", "failed", "spare"};

	fputs(",\"hooks\":[", to);
	for (int i = 0; i < with->hook_count; i++) {
		const struct hook *hook = &with->hooks[i];

		fprintf(to, "%s{\"name\":\"%s\",\"state\":\"%s\",\"errno\":%d", i ? "," : "", hook->name, states[hook->state],
			hook->error);
		text_field(to, "note", hook->note);
		fputc('}', to);
	}
	fputc(']', to);
}

static void tiers_field(FILE *to, const struct attached *with)
{
	fprintf(to, ",\"tiers\":{\"exec\":\"%s\",\"file\":\"%s\",\"network\":\"%s\",\"syscall\":\"terminate\"}",
		tier(with->lsm_exec), tier(with->lsm_open), tier(with->cgroup || with->lsm_net));
	fputs(",\"refused_classes\":[", to);
	for (int i = 1, first = 1; i < RP_CLASSES; i++) {
		if (!(with->lsm_classes >> i & 1))
			continue;
		fprintf(to, "%s\"%s\"", first ? "" : ",", class_names[i]);
		first = 0;
	}
	fputc(']', to);
}

/* By number, so that the host needs no table for every architecture. */
static void calls_field(FILE *to)
{
	fputs(",\"calls\":[", to);
	for (int i = 0; i < RP_SYSCALLS; i++) {
		const char *name = call_name(i);

		fputs(i ? "," : "", to);
		if (name)
			fprintf(to, "\"%s\"", name);
		else
			fputs("null", to);
	}
	fputs("],\"classes\":[", to);
	for (int i = 0; i < RP_CLASSES; i++)
		fprintf(to, "%s\"%s\"", i ? "," : "", class_names[i]);
	fputs("],\"blind\":[", to);
	for (int i = 0; i < RP_BLINDS && blind_names[i]; i++)
		fprintf(to, "%s\"%s\"", i ? "," : "", blind_names[i]);
	fputc(']', to);
}

char *hello_json(const struct attached *with, const char *privileges, const struct options *options)
{
	struct timespec real, boot;
	struct utsname system;
	__u8 digest[32];
	char text[65] = "";
	char *json = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&json, &size);

	if (!to)
		return NULL;
	uname(&system);
	if (sha256_file("/proc/self/exe", digest))
		hex(digest, 32, text);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	fprintf(to, "{\"frame\":\"hello\",\"protocol\":%d,\"version\":\"%s\",\"sha256\":\"%s\"", RP_PROTOCOL, SENSOR_VERSION, text);
	text_field(to, "kernel", system.release);
	text_field(to, "architecture", system.machine);
	file_field(to, "boot_id", "/proc/sys/kernel/random/boot_id");
	file_field(to, "lockdown", "/sys/kernel/security/lockdown");
	file_field(to, "lsm", "/sys/kernel/security/lsm");
	text_field(to, "privileges", privileges);
	fprintf(to, ",\"boot_ns\":\"%llu\",\"realtime_ns\":\"%llu\"", boot.tv_sec * 1000000000ull + boot.tv_nsec,
		real.tv_sec * 1000000000ull + real.tv_nsec);
	fprintf(to, ",\"ring_bytes\":%u,\"persist\":%s,\"running\":%llu", options->ring_bytes,
		options->persist ? "true" : "false", (unsigned long long)with->guard->bss->rp_tracked);
	hooks_field(to, with);
	tiers_field(to, with);
	calls_field(to);
	fputc('}', to);
	fclose(to);
	return json;
}
