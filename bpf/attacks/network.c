// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Every way to reach 127.0.0.1 or ::1 at a port that a policy blocks. What counts is what the peer saw. */
#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "attack.h"

#define FASTOPEN 0x20000000 /* MSG_FASTOPEN */

static struct sockaddr_in four(const struct scene *scene, int port)
{
	(void)scene;
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static struct sockaddr_in6 six(const struct scene *scene)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons(scene->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

static void by_connect(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port);

	note(scene, connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, sizeof(to)));
}

static void by_connect6(struct scene *scene)
{
	struct sockaddr_in6 to = six(scene);

	note(scene, connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&to, sizeof(to)));
}

/* An IPv4 address in an IPv6 socket: a rule for one family alone would miss it. */
static void by_mapped(struct scene *scene)
{
	struct sockaddr_in6 to = six(scene);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr);
	note(scene, connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&to, sizeof(to)));
}

/* Connects without connect(2). */
static void by_fast_open(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port);

	note(scene, sendto(socket(AF_INET, SOCK_STREAM, 0), SECRET, 5, FASTOPEN, (void *)&to, sizeof(to)));
}

static void by_datagram(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port);

	note(scene, sendto(socket(AF_INET, SOCK_DGRAM, 0), SECRET, 5, 0, (void *)&to, sizeof(to)));
}

static void by_datagram6(struct scene *scene)
{
	struct sockaddr_in6 to = six(scene);

	note(scene, sendto(socket(AF_INET6, SOCK_DGRAM, 0), SECRET, 5, 0, (void *)&to, sizeof(to)));
}

static void by_message(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port);
	struct iovec part = {SECRET, 5};
	struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1};

	note(scene, sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &message, 0));
}

static void by_uring(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port);
	struct uring_call call = {IORING_OP_CONNECT, socket(AF_INET, SOCK_STREAM, 0), (unsigned long)&to, 0, sizeof(to)};
	int result = uring_call(&call);

	scene->shared->unsupported = result == -ENOSYS;
	errno = result < 0 ? -result : 0;
	note(scene, result < 0 ? -1 : 0);
}

/* The control: the port beside the blocked one. Nobody listens there; what counts is that nobody forbids it. */
static void by_allowed(struct scene *scene)
{
	struct sockaddr_in to = four(scene, scene->port + 1);

	if (note(scene, sendto(socket(AF_INET, SOCK_DGRAM, 0), SECRET, 5, 0, (void *)&to, sizeof(to))) == 5)
		scene->shared->effect = 1;
}

static bool was_seen(struct scene *scene)
{
	char text[8];
	int peer = accept(scene->listener, NULL, NULL);

	if (peer >= 0)
		close(peer);
	return peer >= 0 || recv(scene->datagrams, text, sizeof(text), MSG_DONTWAIT) > 0;
}

const struct attack network_attacks[] = {
	{"connect", by_connect, was_seen, 2},
	{"connect6", by_connect6, was_seen, 4},
	{"mapped", by_mapped, was_seen, 2},
	{"fast_open", by_fast_open, was_seen, 2},
	{"udp", by_datagram, was_seen, 2},
	{"udp6", by_datagram6, was_seen, 4},
	{"sendmsg", by_message, was_seen, 2},
	{"io_uring_connect", by_uring, was_seen, 2},
	{"allowed_udp", by_allowed, NULL, 0},
	{NULL, NULL, NULL, 0},
};
