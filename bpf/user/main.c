// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * runproof-sensor: loads the guard, tells its host what it sees (frames on
 * standard output), takes its orders (frames on standard input). Without a
 * host it ends. docs/formats/guard-sensor.md is the protocol.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "skeleton.h"
#include "sensor.h"
#include "session.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static int usage(void)
{
	fputs("usage: runproof-sensor [--json] [--ring BYTES] [--deadman SECONDS] [--persist] [--no-lsm] [--no-cgroup]\n"
	      "                       [--keep-privileges]\n"
	      "       runproof-sensor --unpin\n"
	      "       runproof-sensor --version\n",
	      stderr);
	return 64;
}

static bool number_option(const char *text, __u32 least, __u32 most, __u32 *to)
{
	char *end;
	unsigned long value = text ? strtoul(text, &end, 10) : 0;

	*to = value;
	return text && *text && !*end && value >= least && value <= most;
}

static bool read_options(int argc, char **argv, struct options *to)
{
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--json"))
			to->json = true;
		else if (!strcmp(argv[i], "--persist"))
			to->persist = true;
		else if (!strcmp(argv[i], "--keep-privileges"))
			to->keep_privileges = true;
		else if (!strcmp(argv[i], "--no-lsm"))
			to->no_lsm = true;
		else if (!strcmp(argv[i], "--no-cgroup"))
			to->no_cgroup = true;
		else if (!strcmp(argv[i], "--ring") && number_option(next, 4096, 1u << 28, &to->ring_bytes))
			i++;
		else if (!strcmp(argv[i], "--deadman") && number_option(next, 1, 86400, &to->deadman_seconds))
			i++;
		else
			return false;
	}
	/* The kernel takes powers of two of whole pages. */
	return !(to->ring_bytes & (to->ring_bytes - 1)) && to->ring_bytes >= (__u32)sysconf(_SC_PAGESIZE);
}

static void loop(struct session *session)
{
	struct pollfd on[4] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = STDOUT_FILENO},
		{.fd = bpf_map__fd(session->attached.guard->maps.events)},
		{.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .events = POLLIN},
	};
	struct itimerspec second = {{1, 0}, {1, 0}};

	timerfd_settime(on[3].fd, 0, &second, NULL);
	while (!interrupted && !session->ended) {
		__u64 ticks;

		on[1].events = session->out.from < session->out.to ? POLLOUT : 0;
		on[2].events = output_has_room(&session->out) ? POLLIN : 0;
		if (poll(on, 4, -1) < 0 && errno != EINTR)
			break;
		if (on[0].revents)
			session_control(session);
		/* Without its host there is nobody to tell. */
		if (on[1].revents & (POLLERR | POLLHUP))
			break;
		if (on[3].revents && read(on[3].fd, &ticks, sizeof(ticks)) > 0)
			session_beat(session);
		session_drain(session);
		if (output_flush(&session->out))
			break;
	}
	close(on[3].fd);
}

int main(int argc, char **argv)
{
	static struct session session = {.options = {.ring_bytes = 4 << 20}};
	struct sigaction action = {.sa_handler = on_signal};

	if (argc == 2 && !strcmp(argv[1], "--version"))
		return puts("runproof-sensor " SENSOR_VERSION) < 0;
	if (argc == 2 && !strcmp(argv[1], "--unpin"))
		return fprintf(stderr, "unpinned %d links\n", unpin_all()) < 0;
	if (!read_options(argc, argv, &session.options))
		return usage();
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!session_start(&session))
		return 3;
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	loop(&session);
	session_end(&session);
	return 0;
}
