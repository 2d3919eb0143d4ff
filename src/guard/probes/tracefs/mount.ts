import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { RunproofError } from '../../../../core/model/errors.ts'

/** A mounted tracefs; `close` lets go of it. */
export type Tracefs = { readonly root: string; readonly close: () => Promise<void> }

const MOUNT_POINT = '/sys/kernel/tracing'
/** The inode that every kernel gives to the first process namespace. */
const HOST_PID_NAMESPACE = 'pid:[4026531836]'

/** Why tracefs cannot be used here; null: nothing speaks against it. */
export function whyNoTracefs(): string | null {
  if (process.platform !== 'linux') return 'it is of Linux alone'
  if (process.getuid?.() !== 0) return 'only root may use it'
  if (!/\ttracefs$/m.test(read('/proc/filesystems'))) return 'this kernel has none'
  // Its process ids are the host's: in a namespace of their own they would name other processes.
  if (link('/proc/self/ns/pid') !== HOST_PID_NAMESPACE) return 'this is not the host’s process namespace'
  return null
}

/**
 * The tracefs that is mounted, or else one in a mount namespace of a helper process, so that nothing on the host changes and nothing
 * is left behind however this process ends. @throws RunproofError `file.unreadable` with the reason
 */
export async function openTracefs(): Promise<Tracefs> {
  const why = whyNoTracefs()
  if (why !== null) throw unusable(why)
  const mounted = mountedAt()
  return mounted === null ? mountApart() : { root: mounted, close: async () => {} }
}

export function unusable(why: string, cause?: unknown): RunproofError {
  return new RunproofError('file.unreadable', `tracefs cannot be used: ${why}; --sensor procfs needs none of it`, { cause })
}

function mountedAt(): string | null {
  const line = read('/proc/self/mountinfo')
    .split('\n')
    .find((mount) => / - tracefs /.test(mount) && !/\\/.test(mount))
  const root = line?.split(' ')[4]
  return root !== undefined && exists(`${root}/instances`) ? root : null
}

async function mountApart(): Promise<Tracefs> {
  // Its standard input is ours: when this process ends, so does it, and its namespace with it.
  const script = `mount -t tracefs runproof ${MOUNT_POINT} && echo mounted && exec cat > /dev/null`
  const helper = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'pipe'] })
  helper.stdin.on('error', () => {})
  const said = await firstWords(helper)
  if (!said.startsWith('mounted')) throw unusable(`it cannot be mounted: ${said.trim() || 'unshare and mount are needed'}`)
  helper.stdout.destroy()
  helper.stderr.destroy()
  helper.unref()
  const root = `/proc/${helper.pid}/root${MOUNT_POINT}`
  if (!exists(`${root}/instances`)) throw unusable('the mounted one has no instances')
  return {
    root,
    close: () =>
      new Promise((closed) => {
        if (helper.exitCode !== null || helper.signalCode !== null) return closed()
        helper.ref()
        helper.once('exit', () => closed())
        helper.stdin.end()
      }),
  }
}

function firstWords(helper: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string> {
  return new Promise((resolve) => {
    let wrong = ''
    helper.stderr.on('data', (words: Buffer) => (wrong += words.toString().slice(0, 500)))
    helper.stdout.once('data', (words: Buffer) => resolve(words.toString()))
    helper.once('close', () => resolve(wrong))
    helper.once('error', (error) => resolve(error.message))
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
