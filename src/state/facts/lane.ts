import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Run } from './host.ts'
import { readPipe } from './pipe-reader.ts'
import { quoted, quotedAll } from './shell-word.ts'

/**
 * A shell that starts one command after the other. Starting a process from a small shell costs a third of what it costs from here, and
 * its outputs are real pipes, which Node's own are not: `echo x > /dev/stderr` works.
 */
export type Lane = {
  /** `words`: shell that ends with `exec …`, run in a subshell. Null: the lane could not make its pipes and nothing was started. */
  readonly run: (words: string, timeoutMs: number) => Promise<Run | null>
  /** Whether it can be given another command. */
  readonly isAlive: () => boolean
  readonly kill: () => void
  readonly close: () => void
}

export type LaneOptions = {
  /** Where its two named pipes are to be; nothing else is, or was, there. */
  readonly pipes: readonly [out: string, err: string]
  readonly readingLimit: number
  readonly leaveRunning: boolean
}

/** A command that takes longer may have filled its pipe. */
const DRAIN_AFTER_MS = 10

/** SIGINT and SIGPIPE end a command without a word of the shell. */
const SILENT_SIGNALS = new Set([130, 141])

export function openLane({ pipes, readingLimit, leaveRunning }: LaneOptions): Lane {
  const shell = startShell()
  const [out, err] = pipes
  const ready = shell.ask(`mkfifo -m 600 ${quotedAll(pipes)}`)
  let busy: AbortController | null = null

  const run = async (words: string, timeoutMs: number): Promise<Run | null> => {
    if (statusOf((await ready) ?? '') !== 0) {
      shell.kill()
      return null
    }
    const outputs = pipes.map((path) => readPipe(path, readingLimit))
    busy = new AbortController()
    const late = lateness(timeoutMs, busy.signal)
    const slow = setTimeout(() => outputs.forEach((output) => output.drain()), DRAIN_AFTER_MS)
    const ended = await Promise.race([late.over, shell.ask(`(exec </dev/null >${quoted(out)} 2>${quoted(err)}; ${words})`)])
    clearTimeout(slow)
    const reads = ended === 'late' ? 'late' : await Promise.race([late.over, Promise.all(outputs.map(({ whole }) => whole()))])
    late.cancel()
    if (ended === 'late' || reads === 'late') {
      const leave = leaveRunning && !busy.signal.aborted
      if (leave) shell.abandon()
      else shell.kill()
      for (const output of outputs) output.giveUp(leave)
      return { kind: 'timeout' }
    }
    const [stdout, stderr] = reads
    if (ended === null || !stdout || !stderr) return { kind: 'failed', message: 'the shell that ran it was ended' }
    return { kind: 'exited', status: statusOf(ended), stdout, stderr }
  }
  const kill = (): void => {
    busy?.abort()
    shell.kill()
  }
  return { run, kill, isAlive: shell.isAlive, close: shell.close }
}

type Shell = {
  /** What the shell says until it tells the status, and that; null: it was ended. */
  readonly ask: (words: string) => Promise<string | null>
  readonly isAlive: () => boolean
  /** With all that it started. */
  readonly kill: () => void
  /** Lets what it started go on, and waits for nothing of it. */
  readonly abandon: () => void
  readonly close: () => void
}

function startShell(): Shell {
  const shell: ChildProcessByStdio<Writable, Readable, null> = spawn('sh', [], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  const waiting: ((text: string | null) => void)[] = []
  let [alive, said] = [true, '']
  shell.stdin.on('error', () => {})
  shell.stdin.write('exec 2>&1\n')
  shell.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
    if (!/<\d+>\n$/.test(said)) return
    waiting.shift()?.(said)
    said = ''
  })
  const ended = (): void => {
    alive = false
    for (const each of waiting.splice(0)) each(null)
  }
  shell.once('error', ended)
  shell.once('close', ended)
  const letGo = (): void => {
    shell.stdin.end()
    shell.unref()
    for (const stream of [shell.stdin, shell.stdout]) (stream as unknown as { unref?: () => void }).unref?.()
  }
  return {
    isAlive: () => alive,
    ask: (words) =>
      new Promise((resolve) => {
        if (!alive) return resolve(null)
        waiting.push(resolve)
        shell.stdin.write(`${words}; echo "<$?>"\n`)
      }),
    kill: () => {
      alive = false
      killGroup(shell.pid)
    },
    abandon: () => {
      alive = false
      letGo()
    },
    // At the end of its input it ends, whether we are still here or not.
    close: letGo,
  }
}

/** What the shell said, and then the status. A word before it is that a signal ended the command. */
function statusOf(text: string): number {
  const status = Number(/<(\d+)>\n$/.exec(text)?.[1])
  const isSignal = status > 128 && (!text.startsWith('<') || SILENT_SIGNALS.has(status))
  return isSignal ? -1 : status
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function lateness(timeoutMs: number, signal: AbortSignal): { readonly over: Promise<'late'>; readonly cancel: () => void } {
  let cancel = (): void => {}
  const over = new Promise<'late'>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs, 'late')
    signal.addEventListener('abort', () => resolve('late'), { once: true })
    cancel = () => clearTimeout(timer)
  })
  return { over, cancel: () => cancel() }
}
