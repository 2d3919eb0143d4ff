// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * rp-attack setup FOLDER            makes the files that are attacked
 * rp-attack mark FILE               what an exec attack runs: it leaves a mark
 * rp-attack CASE FOLDER PORT        one attack; one line of JSON
 * rp-attack list                    the names
 * rp-attack memory MB | cpu SECONDS bounded: at most 512 MB, 10 s
 * rp-attack flood COUNT FILE...     opens each file in turn, COUNT times
 * rp-attack cost FILE PORT          what calls cost, in ns of CPU time
 *
 * A copy under another name is another process to a policy.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include "attack.h"

const char *in(const struct scene *scene, const char *name)
{
	static char paths[3][4096];
	static int next;
	char *path = paths[next++ % 3];

	snprintf(path, sizeof(paths[0]), "%s/%s", scene->folder, name);
	return path;
}

long note(struct scene *scene, long result)
{
	scene->shared->error = result < 0 ? errno : 0;
	scene->shared->passed = result >= 0;
	return result;
}

void note_leak(struct scene *scene, int descriptor)
{
	char text[64] = "";

	if (descriptor >= 0 && read(descriptor, text, sizeof(text) - 1) > 0 && !strcmp(text, SECRET))
		scene->shared->effect = 1;
}

void end_child(pid_t child)
{
	if (child <= 1)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static bool write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	if (file >= 0)
		close(file);
	return good;
}

static int set_up(struct scene *scene)
{
	static const char *const files[] = {"secret/key", "secret/truncate", "secret/truncate2", "secret/victim", "secret/victim2", "secret/mode"};
	char path[4096];

	mkdir(scene->folder, 0755);
	mkdir(in(scene, "secret"), 0755);
	mkdir(in(scene, "other"), 0755);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!write_file(in(scene, files[i]), SECRET))
			return 1;
	unlink(in(scene, "secret/new"));
	unlink(in(scene, "hard"));
	unlink(in(scene, "soft"));
	unlink(in(scene, "hard2"));
	unlink(in(scene, "moved"));
	unlink(in(scene, "mark"));
	if (link(in(scene, "secret/key"), in(scene, "hard")) || symlink("secret/key", in(scene, "soft")))
		return 1;
	snprintf(path, sizeof(path), "%s", in(scene, "secret/key"));
	/* A page of its own, which nobody has touched when it is used as a path. */
	return !write_file(in(scene, "path"), path) || truncate(in(scene, "path"), 4096) ||
	       !write_file(in(scene, "other/plain"), SECRET);
}

static int listen_on(int family, int type, int port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int on = 1, fast = 5, it = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	setsockopt(it, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(it, family == AF_INET ? (void *)&four : (void *)&six, family == AF_INET ? sizeof(four) : sizeof(six))) {
		close(it);
		return -1;
	}
	if (type == SOCK_STREAM) {
		setsockopt(it, IPPROTO_TCP, 23 /* TCP_FASTOPEN */, &fast, sizeof(fast));
		listen(it, 5);
	}
	return it;
}

/* Sleeps with a secret in its memory until we end it; it ends by itself after half a minute. */
static pid_t start_victim(struct shared *shared)
{
	pid_t victim = fork();

	if (victim == 0) {
		strcpy(shared->memory, SECRET);
		sleep(30);
		_exit(0);
	}
	for (int i = 0; victim > 1 && !__atomic_load_n(&shared->memory[0], __ATOMIC_ACQUIRE) && i < 1000; i++)
		usleep(1000);
	return victim > 1 ? victim : 0;
}

static const struct attack *find(const char *name)
{
	static const struct attack *const all[] = {file_attacks, process_attacks, network_attacks};

	for (int i = 0; i < 3; i++)
		for (const struct attack *attack = all[i]; attack->name; attack++)
			if (!strcmp(attack->name, name))
				return attack;
	return NULL;
}

static void list(void)
{
	static const struct attack *const all[] = {file_attacks, process_attacks, network_attacks};

	for (int i = 0; i < 3; i++)
		for (const struct attack *attack = all[i]; attack->name; attack++)
			puts(attack->name);
}

static const char *outcome(const struct shared *shared, int status)
{
	if (shared->killed || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		return "killed";
	if (shared->unsupported || WIFSIGNALED(status))
		return "unsupported";
	if (!shared->tried)
		return "not_tried";
	if (shared->passed || !shared->error)
		return "done"; /* without an error and without a return: it became another program */
	return shared->error == EPERM || shared->error == EACCES ? "refused" : "failed";
}

static int run(const struct attack *attack, struct scene *scene)
{
	int status = 0;
	pid_t child;
	bool effect;

	if (attack->needs & 1)
		scene->victim = start_victim(scene->shared);
	if (attack->needs & 6) {
		scene->listener = listen_on(attack->needs & 4 ? AF_INET6 : AF_INET, SOCK_STREAM, scene->port);
		scene->datagrams = listen_on(attack->needs & 4 ? AF_INET6 : AF_INET, SOCK_DGRAM, scene->port);
	}
	child = fork();
	if (child < 0) {
		/* A guard that denies fork denies it to us too: then we are the one who tries. */
		note(scene, -1);
		scene->shared->tried = 1;
	} else if (child == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		scene->shared->tried = 1;
		attack->act(scene);
		_exit(0);
	} else if (waitpid(child, &status, 0) != child) {
		status = 0;
	}
	usleep(attack->needs & 6 ? 20000 : 0);
	effect = attack->effect ? attack->effect(scene) : scene->shared->effect;
	end_child(scene->victim);
	printf("{\"case\":\"%s\",\"outcome\":\"%s\",\"errno\":%d,\"effect\":%s,\"pid\":%d}\n", attack->name,
	       outcome(scene->shared, status), scene->shared->error, effect ? "true" : "false", (int)(child > 0 ? child : getpid()));
	return 0;
}

static int use_memory(int megabytes)
{
	size_t size = (size_t)(megabytes > 512 ? 512 : megabytes) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	printf("{\"case\":\"memory\",\"outcome\":\"%s\"}\n", memory == MAP_FAILED ? "failed" : "done");
	fflush(stdout);
	sleep(3);
	return memory == MAP_FAILED;
}

static int use_cpu(int seconds)
{
	clock_t end = (clock_t)(seconds > 10 ? 10 : seconds) * CLOCKS_PER_SEC;
	volatile unsigned long work = 0;

	while (clock() < end)
		work++;
	printf("{\"case\":\"cpu\",\"outcome\":\"done\"}\n");
	return 0;
}

static int flood(int count, char **files)
{
	for (int i = 0; i < count; i++)
		for (char **file = files; *file; file++) {
			int descriptor = open(*file, O_RDONLY);

			if (descriptor >= 0)
				close(descriptor);
		}
	printf("{\"case\":\"flood\",\"outcome\":\"done\",\"pid\":%d}\n", (int)getpid());
	return 0;
}

int main(int argc, char **argv)
{
	struct scene scene = {.listener = -1, .datagrams = -1};
	const struct attack *attack;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		list();
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "mark"))
		return !write_file(argv[2], "ran");
	if (argc == 3 && !strcmp(argv[1], "memory"))
		return use_memory(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "cpu"))
		return use_cpu(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "cost"))
		return show_cost(argv[0], argv[2], atoi(argv[3]));
	if (argc > 3 && !strcmp(argv[1], "flood"))
		return flood(atoi(argv[2]), argv + 3);
	scene.folder = argc > 2 ? argv[2] : "";
	if (argc == 3 && !strcmp(argv[1], "setup"))
		return set_up(&scene);
	attack = argc == 4 ? find(argv[1]) : NULL;
	scene.port = argc == 4 ? atoi(argv[3]) : 0;
	scene.shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!attack || scene.shared == MAP_FAILED) {
		fputs("usage: rp-attack CASE FOLDER PORT | setup FOLDER | list | mark FILE | memory MB | cpu SECONDS\n", stderr);
		return 64;
	}
	return run(attack, &scene);
}
