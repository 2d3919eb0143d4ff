// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a system call costs here and now: CPU time of this process and its children, so that others on the machine count little. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include "attack.h"

static const char *file, *program;
static int port;

static void open_and_close(void)
{
	close(open(file, O_RDONLY));
}

static void ask_parent(void)
{
	syscall(SYS_getppid);
}

static void connect_datagram(void)
{
	static int it = -1;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};

	if (it < 0)
		it = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(it, (struct sockaddr *)&to, sizeof(to)))
		exit(1);
}

static void run_and_wait(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl(program, program, "nothing", NULL);
		_exit(1);
	}
	if (child > 1)
		waitpid(child, NULL, 0);
}

static double seconds(int who)
{
	struct rusage used;

	getrusage(who, &used);
	return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double spent(void)
{
	return seconds(RUSAGE_SELF) + seconds(RUSAGE_CHILDREN);
}

static void measure(const char *name, void (*act)(void), int count, const char *end)
{
	double before;

	for (int i = 0; i < count / 20; i++)
		act();
	before = spent();
	for (int i = 0; i < count; i++)
		act();
	printf("\"%s\":%.1f%s", name, (spent() - before) / count * 1e9, end);
}

int show_cost(const char *itself, const char *of, int to)
{
	program = itself;
	file = of;
	port = to;
	printf("{");
	measure("openat_close", open_and_close, 100000, ",");
	measure("getppid", ask_parent, 400000, ",");
	measure("udp_connect", connect_datagram, 100000, ",");
	measure("exec_wait", run_and_wait, 200, "}\n");
	return 0;
}
