import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** One line of `/proc/PID/stat`, as far as we need it. */
export type Stat = {
  readonly comm: string
  readonly state: string
  readonly parent: number
  /** User and system time that it has had, in ticks of a hundredth of a second. */
  readonly cpuTicks: number
  /** Since boot, in the same ticks: with the process id it tells a process from a later one of the same id. */
  readonly startTicks: number
  /** As waitpid gives it, while the process is a zombie; 0 where we may not see it. */
  readonly exitCode: number
  /** It has exited or is about to: nobody can say any more which file it ran. */
  readonly isExiting: boolean
}

/** Ids of the processes that run now. */
export function pidsIn(proc = '/proc'): readonly number[] {
  const found: number[] = []
  for (const name of readdirSync(proc)) {
    const first = name.charCodeAt(0)
    if (first >= 48 && first <= 57) found.push(Number(name))
  }
  return found
}

/** Among the flags of a process. */
const PF_EXITING = 4

/** Null for a process that is gone. */
export function statOf(pid: number, proc = '/proc'): Stat | null {
  const line = textOf(`${proc}/${pid}/stat`)
  return line === null ? null : statIn(line)
}

/** The name may hold anything, also blanks and brackets: what follows is behind its last bracket. */
export function statIn(line: string): Stat | null {
  const [open, close] = [line.indexOf('('), line.lastIndexOf(')')]
  if (open === -1 || close < open) return null
  const fields = line.slice(close + 2).split(' ')
  const number = (place: number): number => Number(fields[place - 3] ?? 0)
  return {
    comm: line.slice(open + 1, close),
    state: fields[0] ?? '?',
    parent: number(4),
    cpuTicks: number(14) + number(15),
    startTicks: number(22),
    exitCode: number(52),
    isExiting: (number(9) & PF_EXITING) !== 0,
  }
}

/** The file that runs, also when it was removed since; null: gone, a kernel thread, or not ours to see. */
export function executableOf(pid: number, proc = '/proc'): string | null {
  return linkOf(`${proc}/${pid}/exe`)?.replace(/ \(deleted\)$/, '') ?? null
}

/** Effective user id. */
export function uidOf(pid: number, proc = '/proc'): number | null {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(textOf(`${proc}/${pid}/status`) ?? '')?.[1]
  return uid === undefined ? null : Number(uid)
}

/** The control group, of version 2 where there is one. */
export function cgroupOf(pid: number, proc = '/proc'): string | null {
  const text = textOf(`${proc}/${pid}/cgroup`) ?? ''
  const path = /^0::(.*)$/m.exec(text)?.[1] ?? /^\d+:[^:]*:(.*)$/m.exec(text)?.[1]
  return path === undefined || path === '' ? null : path
}

/** Arguments with blanks between; null: gone, or a kernel thread. */
export function commandLineOf(pid: number, proc = '/proc'): string | null {
  const text = textOf(`${proc}/${pid}/cmdline`)
  return text === null || text === '' ? null : text.replace(/\0$/, '').replaceAll('\0', ' ')
}

/** Resident memory in bytes. */
export function residentOf(pid: number, proc = '/proc'): number | null {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(textOf(`${proc}/${pid}/status`) ?? '')?.[1]
  return kb === undefined ? null : Number(kb) * 1024
}

/** The process that a thread belongs to. */
export function processOfThread(tid: number, proc = '/proc'): number | null {
  const tgid = /^Tgid:\s+(\d+)$/m.exec(textOf(`${proc}/${tid}/status`) ?? '')?.[1]
  return tgid === undefined ? null : Number(tgid)
}

/** Where a path that a process names begins; `descriptor` null: its working folder. */
export function folderOf(pid: number, descriptor: number | null, proc = '/proc'): string | null {
  const folder = linkOf(`${proc}/${pid}/${descriptor === null ? 'cwd' : `fd/${descriptor}`}`)
  return folder !== null && folder.startsWith('/') ? folder : null
}

/** How many processes and threads were made since boot. */
export function forksIn(proc = '/proc'): number | null {
  const forks = /^processes (\d+)$/m.exec(textOf(`${proc}/stat`) ?? '')?.[1]
  return forks === undefined ? null : Number(forks)
}

/** What tells this run of the kernel from any other. */
export function bootIdIn(proc = '/proc'): string {
  return textOf(`${proc}/sys/kernel/random/boot_id`)?.trim() ?? 'unknown-boot'
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
