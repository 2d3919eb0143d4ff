import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { CLOCK_VARIABLE, type Clock } from './clock.ts'

const root = join(import.meta.dirname, '..', '..')

export type Server = {
  /** `http://127.0.0.1:8642`; rejects when the process ends before it serves. */
  readonly address: Promise<string>
  readonly startedMs: number
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves to the exit code. */
  readonly stop: () => Promise<number | null>
  readonly ended: Promise<number | null>
  /** Log lines of level error or above, and whatever is no log line. */
  readonly complaints: () => readonly string[]
  readonly errors: () => string
  /** How many windows it has judged. */
  readonly judged: () => number
}

export type ServerOptions = {
  readonly data: string
  readonly clock: Clock | null
  readonly env?: Readonly<Record<string, string>>
}

/** `runproof serve` as people run it, in a process of its own, by a clock of ours. */
export function startServer({ data, clock, env = {} }: ServerOptions): Server {
  const preload = clock === null ? [] : ['--import', new URL('clock.ts', import.meta.url).href]
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RUNPROOF_')))
  const child = spawn(process.execPath, [...preload, join(root, 'src', 'main.ts'), 'serve', '--data', data], {
    cwd: root,
    env: {
      ...inherited,
      RUNPROOF_LISTEN_PORT: '0',
      ...(clock !== null && { [CLOCK_VARIABLE]: JSON.stringify(clock) }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const startedMs = performance.now()
  const complaints: string[] = []
  const { promise: address, resolve, reject } = Promise.withResolvers<string>()
  // Whoever does not wait for it is not to die of it.
  address.catch(() => {})
  let [errors, rest, judged] = ['', '', 0]
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const entry = parsed(line)
      if (entry === null || entry.level >= 50) complaints.push(line)
      if (entry?.msg === 'a window was judged') judged++
      if (entry?.msg === 'serving' && entry.address !== undefined) resolve(entry.address)
    }
  })
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      reject(new Error(`the service ended with ${code} before it served: ${errors}`))
      done(code)
    })
  })
  return {
    address,
    startedMs,
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    ended,
    complaints: () => complaints,
    errors: () => errors,
    judged: () => judged,
  }
}

type Entry = { readonly level: number; readonly msg?: string; readonly address?: string }

function parsed(line: string): Entry | null {
  try {
    const entry = JSON.parse(line) as Entry
    return typeof entry.level === 'number' ? entry : null
  } catch {
    return null
  }
}
