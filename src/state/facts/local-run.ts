import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { errnoOf, errnoText } from './go-errors.ts'
import type { Read, Run } from './host.ts'

export type RunOptions = {
  readonly timeoutMs: number
  /** What runs out of time is left running, as goss leaves it. */
  readonly leaveRunning: boolean
  readonly readingLimit: number
  readonly env?: NodeJS.ProcessEnv
  readonly signal: AbortSignal | undefined
}

/**
 * A process in a group of its own, its standard input empty. It is over when both outputs are closed, so what it left running in the
 * background counts until the timeout; then the whole group is killed.
 */
export function runProcess([program = '', ...args]: readonly string[], options: RunOptions): Promise<Run> {
  return new Promise((resolve) => {
    let child: ChildProcess
    try {
      child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: options.env ?? process.env })
    } catch (error) {
      resolve({ kind: 'failed', message: `fork/exec ${program}: ${errnoText(errnoOf(error))}` })
      return
    }
    const [stdout, stderr] = [kept(child.stdout, options.readingLimit), kept(child.stderr, options.readingLimit)]
    const end = (run: Run): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', stop)
      resolve(run)
    }
    const stop = (): void => {
      abandon(child, options.leaveRunning && options.signal?.aborted !== true)
      end({ kind: 'timeout' })
    }
    const timer = setTimeout(stop, options.timeoutMs)
    options.signal?.addEventListener('abort', stop, { once: true })
    child.once('error', (error) => end(startFailure(program, error)))
    child.once('close', (code) => end({ kind: 'exited', status: code ?? -1, stdout: stdout(), stderr: stderr() }))
  })
}

function startFailure(program: string, error: Error): Run {
  const errno = errnoOf(error)
  return errno === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', message: `fork/exec ${program}: ${errnoText(errno)}` }
}

/** Reads to the end and keeps the first bytes. */
function kept(stream: Readable | null, limit: number): () => Read {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size))
    size += chunk.length
  })
  return () => ({ bytes: Buffer.concat(chunks), size, cut: size > limit })
}

function abandon(child: ChildProcess, leaveRunning: boolean): void {
  if (!leaveRunning && child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It ended between the clock and the signal.
    }
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
  child.unref()
  // Its outputs must not keep us here either; while we are here they are read, so that it does not stop at a full pipe.
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null && 'unref' in stream) (stream as { unref: () => void }).unref()
}
