/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What differs between architectures: registers, 32-bit callers, numbers. */
#ifndef RUNPROOF_KERNEL_ARCH_H
#define RUNPROOF_KERNEL_ARCH_H

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x0002
#define X32_BIT 0x40000000

#define argument0(regs) BPF_CORE_READ(regs, di)
#define argument1(regs) BPF_CORE_READ(regs, si)
#define argument2(regs) BPF_CORE_READ(regs, dx)
#define argument3(regs) BPF_CORE_READ(regs, r10)
#define argument4(regs) BPF_CORE_READ(regs, r8)
#define number_at_exit(regs) ((long)BPF_CORE_READ(regs, orig_ax))

/* The number alone cannot tell: 2 is open here and fork for a 32-bit caller. */
static __always_inline bool is_compat(struct task_struct *task, long number)
{
	return (BPF_CORE_READ(task, thread_info.status) & TS_COMPAT) || (number & X32_BIT);
}

/* i386: open, creat, openat, openat2 */
static __always_inline bool compat_opens(long number)
{
	return number == 5 || number == 8 || number == 295 || number == 437;
}

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT 22

#define argument0(regs) BPF_CORE_READ(regs, orig_x0)
#define argument1(regs) BPF_CORE_READ(regs, regs[1])
#define argument2(regs) BPF_CORE_READ(regs, regs[2])
#define argument3(regs) BPF_CORE_READ(regs, regs[3])
#define argument4(regs) BPF_CORE_READ(regs, regs[4])
#define number_at_exit(regs) ((long)BPF_CORE_READ(regs, syscallno))

static __always_inline bool is_compat(struct task_struct *task, long number)
{
	return (BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT) & 1;
}

/* arm: open, creat, openat, openat2 */
static __always_inline bool compat_opens(long number)
{
	return number == 5 || number == 8 || number == 322 || number == 437;
}

#endif
#endif
