// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One operation by io_uring: no system call of its own, so nothing at a system call's entry sees it. */
#include <linux/io_uring.h>
#include "attack.h"

int uring_call(const struct uring_call *call)
{
	struct io_uring_params with = {0};
	int ring = syscall(SYS_io_uring_setup, 4, &with), result;
	struct io_uring_sqe *entries;
	char *submit, *complete;
	unsigned *tail;

	if (ring < 0)
		return -errno;
	submit = mmap(NULL, with.sq_off.array + with.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
		      IORING_OFF_SQ_RING);
	complete = mmap(NULL, with.cq_off.cqes + with.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
	entries = mmap(NULL, with.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
		       IORING_OFF_SQES);
	if (submit == MAP_FAILED || complete == MAP_FAILED || entries == MAP_FAILED)
		return -errno;
	memset(entries, 0, sizeof(*entries));
	entries->opcode = call->opcode;
	entries->fd = call->descriptor;
	entries->addr = call->address;
	entries->len = call->length;
	entries->off = call->offset;
	tail = (unsigned *)(submit + with.sq_off.tail);
	((unsigned *)(submit + with.sq_off.array))[*tail & *(unsigned *)(submit + with.sq_off.ring_mask)] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	result = ((struct io_uring_cqe *)(complete + with.cq_off.cqes))->res;
	close(ring);
	return result;
}
