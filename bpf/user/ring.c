// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Reads the kernel's ring buffer. By hand and not with libbpf's callbacks:
 * when the host does not read, we must stop in the middle, and say how full it is.
 */
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "sensor.h"

bool ring_open(struct ring *ring, int map, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *producer;

	ring->consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	/* The data are mapped twice, one after the other, so that no record is split. */
	producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, map, page);
	if (ring->consumer == MAP_FAILED || producer == MAP_FAILED)
		return false;
	ring->producer = (unsigned long *)producer;
	ring->data = producer + page;
	ring->size = size;
	return true;
}

const struct rp_event *ring_next(struct ring *ring, size_t *length)
{
	for (;;) {
		unsigned long at = *ring->consumer;
		const __u32 *head;
		__u32 word;

		if (at >= __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE))
			return NULL;
		head = (const __u32 *)(ring->data + (at & (ring->size - 1)));
		word = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		if (word & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*length = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		if (!(word & BPF_RINGBUF_DISCARD_BIT))
			return (const struct rp_event *)((const char *)head + BPF_RINGBUF_HDR_SZ);
		ring_release(ring, *length);
	}
}

void ring_release(struct ring *ring, size_t length)
{
	size_t taken = (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

	__atomic_store_n(ring->consumer, *ring->consumer + taken, __ATOMIC_RELEASE);
}

__u64 ring_used(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}
