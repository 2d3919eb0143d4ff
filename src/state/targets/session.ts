import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Read } from '../facts/host.ts'
import { type Frame, type FrameReader, frameReader } from './frames.ts'
import { TargetError } from './target-error.ts'

/** What one script said. `word`: its exit status, or what it put in its place. */
export type Said = { readonly word: string; readonly stdout: Read; readonly stderr: Read }

export type Ask = {
  /** POSIX shell; must leave its status, or another word, in `rp_s`. */
  readonly script: string
  /** Bytes kept of each of both outputs. */
  readonly limit: number
  /** How long it may take by itself; the session is given up some time after. */
  readonly budgetMs: number
}

/** One shell on one host. Scripts run one after the other, in the order in which they were asked. */
export type Session = {
  /** @throws TargetError once the session has ended, with its reason */
  readonly ask: (ask: Ask) => Promise<Said>
  readonly close: () => Promise<void>
  /** Separates what a script prints itself; unknown to the host's files. */
  readonly nonce: string
}

type Pending = {
  readonly ask: Ask
  readonly resolve: (said: Said) => void
  readonly reject: (error: TargetError) => void
  stdout: Frame | null
  stderr: Frame | null
}

const GRACE_MS = 30_000
const REASON_LIMIT = 2000

/** Starts a shell by `argv` (`ssh … sh`, `docker exec -i … sh`, `sh`) and talks to it through its standard input. */
export function openSession(argv: readonly [string, ...string[]], signal?: AbortSignal): Session {
  const nonce = randomBytes(16).toString('hex')
  const [program, ...args] = argv
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const pending: Pending[] = []
  let ended: TargetError | null = null
  let timer: NodeJS.Timeout | undefined

  // Of the two streams one may be ahead by some sections.
  const next = (stream: 'stdout' | 'stderr'): Pending | undefined => pending.find((each) => each[stream] === null)
  const settle = (): void => {
    for (let [head] = pending; head?.stdout && head.stderr; [head] = pending) {
      pending.shift()
      head.resolve({ word: head.stdout.word, stdout: readOf(head.stdout), stderr: readOf(head.stderr) })
      watch()
    }
  }
  const reader = (stream: 'stdout' | 'stderr'): FrameReader => {
    const limit = (): number => next(stream)?.ask.limit ?? REASON_LIMIT
    return frameReader(nonce, limit, (frame) => {
      const asked = next(stream)
      if (asked !== undefined) asked[stream] = frame
      settle()
    })
  }
  const [out, err] = [reader('stdout'), reader('stderr')]
  const end = (reason: string): void => {
    clearTimeout(timer)
    ended ??= new TargetError(reason)
    for (const each of pending.splice(0)) each.reject(ended)
  }
  const watch = (): void => {
    clearTimeout(timer)
    const [head] = pending
    if (head === undefined) return
    const limitMs = head.ask.budgetMs + GRACE_MS
    timer = setTimeout(() => {
      end(`the session did not answer within ${Math.round(limitMs / 1000)} s`)
      child.kill('SIGKILL')
    }, limitMs)
  }
  const stop = (): void => {
    end('the run was stopped')
    child.kill('SIGKILL')
  }
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end(
        'code' in error && error.code === 'ENOENT'
          ? `${program} is not installed on this machine`
          : `${program}: ${error.message}`,
      )
      resolve()
    })
    child.once('close', (code, by) => {
      end(endReason(program, err.unfinished(), code, by))
      signal?.removeEventListener('abort', stop)
      resolve()
    })
  })
  listen(child, out.push, err.push)
  signal?.addEventListener('abort', stop, { once: true })
  child.stdin.write(`rp_n=${nonce}\n`)

  return {
    nonce,
    ask: (ask) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended)
        pending.push({ ask, resolve, reject, stdout: null, stderr: null })
        child.stdin.write(`rp_s=0\n${ask.script}\nprintf '\\n%s %s\\n' "$rp_n" "$rp_s"; printf '\\n%s .\\n' "$rp_n" >&2\n`)
        if (pending.length === 1) watch()
      }),
    close: async () => {
      child.stdin.end('exit 0\n')
      const kill = setTimeout(() => child.kill('SIGKILL'), 5000)
      await closed
      clearTimeout(kill)
    },
  }
}

function listen(
  { stdout, stderr, stdin }: ChildProcessWithoutNullStreams,
  onStdout: (chunk: Uint8Array) => void,
  onStderr: (chunk: Uint8Array) => void,
): void {
  stdout.on('data', onStdout)
  stderr.on('data', onStderr)
  // A shell that has ended says so by closing; the write that met it says nothing more.
  stdin.on('error', () => {})
}

function readOf({ bytes, size }: Frame): Read {
  return { bytes, size, cut: size > bytes.length }
}

/** The last words of the transport are the reason: `Permission denied (publickey).` */
function endReason(program: string, stderr: Buffer, code: number | null, by: NodeJS.Signals | null): string {
  const said = stderr.subarray(-REASON_LIMIT).toString('utf8').trim().split('\n').slice(-3).join('; ')
  const how = by === null ? `ended with ${code}` : `was ended by ${by}`
  return said === '' ? `${program} ${how}` : `${said} (${program} ${how})`
}
