import { randomBytes } from 'node:crypto'
import { textOf } from '../facts/bytes.ts'
import { type ProxyEnvironment, proxyEnvironmentOf } from '../facts/net/proxy.ts'
import type { Network } from '../facts/net/network.ts'
import type { Host, Outcome, RawProcess, Read, Run } from '../facts/host.ts'
import { prelude } from './prelude.ts'
import { quoted, quotedAll } from '../facts/shell-word.ts'
import type { Said, Session } from './session.ts'
import { statReader } from './shell-stat.ts'
import { TargetError } from './target-error.ts'

/** What a host said of itself and the shell at the beginning. */
export type Hello = Pick<Host, 'name' | 'architecture' | 'cwd' | 'home' | 'uid'> & {
  readonly environment: ProxyEnvironment
  /** Address and port of its own ssh server, as this session came in; null: by another way. */
  readonly sshServer: { readonly host: string; readonly port: number } | null
}

const SMALL = 64 * 1024
const TOOL_OUTPUT = 64 * 1024 * 1024
const SHORT_MS = 30_000
const TOOL_MS = 60_000

const HELLO = String.raw`
printf '%s\000' "$PWD" "$HOME" "$(id -u)" "$(uname -m)" "$(cat /proc/sys/kernel/hostname 2>/dev/null || hostname)" "$SSH_CONNECTION" \
  "$HTTP_PROXY" "$http_proxy" "$HTTPS_PROXY" "$https_proxy" "$NO_PROXY" "$no_proxy"`

/** Gives a session its functions and learns who answers. @throws TargetError */
export async function greet(session: Session): Promise<Hello> {
  const { stdout } = await session.ask({ script: `${prelude}${HELLO}`, limit: SMALL, budgetMs: SHORT_MS })
  const parts = textOf(stdout).split('\0')
  if (parts.length !== 13) throw new TargetError('what answers is not a POSIX shell')
  const [cwd = '/', home = '/', uid = '', architecture = '', name = '', ssh = '', ...proxies] = parts
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']
  const variables = Object.fromEntries(
    names.map((variable, index) => [variable, proxies[index] === '' ? undefined : proxies[index]]),
  )
  const [, , sshHost = '', sshPort = ''] = ssh.split(' ')
  return {
    name: name === '' ? null : name,
    architecture: architecture === '' ? null : architecture,
    cwd,
    home,
    uid: /^\d+$/.test(uid) ? Number(uid) : -1,
    environment: proxyEnvironmentOf(variables),
    sshServer: sshHost === '' ? null : { host: sshHost, port: Number(sshPort) },
  }
}

/** A host behind a shell. Everything asked at one moment goes out at once; answers come in that order. */
export function shellHost(session: Session, hello: Hello, readingLimit: number, network: Network): Host {
  const short = (script: string, limit = SMALL): Promise<Said> => session.ask({ script, limit, budgetMs: SHORT_MS })
  const stats = statReader(session)
  return {
    ...hello,
    network,
    lstat: (path) => stats(path, false),
    stat: (path) => stats(path, true),
    readlink: async (path) => checked(path, async () => line(await short(`rp_link ${quoted(path)}`))),
    realpath: async (path) => checked(path, async () => line(await short(`rp_real ${quoted(path)}`))),
    readFile: async (path, limit) => checked(path, () => readFile(session, path, limit)),
    digest: async (path, algorithm) =>
      checked(path, async () => {
        const said = await session.ask({ script: `rp_digest ${quoted(path)} ${algorithm}`, limit: SMALL, budgetMs: 10 * TOOL_MS })
        return failed(said) ?? { value: textOf(said.stdout).split(/\s/)[0]?.replace(/^\\/, '') ?? '' }
      }),
    list: async (path) =>
      checked(path, async () => {
        const said = await short(`rp_list ${quoted(path)}`, TOOL_OUTPUT)
        return failed(said) ?? { value: textOf(said.stdout).split('\0').slice(0, -1).toSorted() }
      }),
    statfs: async (path, timeoutMs) => checked(path, () => statfs(session, path, timeoutMs)),
    processes: () => processes(session),
    has: async (program) => (await short(`rp_has ${quoted(program)}`)).word === 'yes',
    run: async (argv, timeoutMs = TOOL_MS) => {
      const script = `rp_run ${secondsOf(timeoutMs)} ${quotedAll(argv)}`
      return runOf(await session.ask({ script, limit: TOOL_OUTPUT, budgetMs: timeoutMs }))
    },
    shell: async (command, timeoutMs) => {
      const script = `rp_shell ${secondsOf(timeoutMs)} ${Math.ceil(secondsOf(timeoutMs))} ${quoted(command)}`
      return shellRunOf(await session.ask({ script, limit: readingLimit, budgetMs: timeoutMs }))
    },
  }
}

/** Never nothing: `timeout 0` waits for ever. */
function secondsOf(timeoutMs: number): number {
  return Math.max(1, timeoutMs) / 1000
}

/** The kernel's own limits, which a shell cannot tell apart, and what no shell word can hold. */
export async function checked<T>(path: string, ask: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const impossible = impossiblePath(path)
  return impossible === null ? ask() : { errno: impossible }
}

export function impossiblePath(path: string): 'EINVAL' | 'ENAMETOOLONG' | null {
  if (path.includes('\0')) return 'EINVAL'
  const bytes = Buffer.byteLength(path)
  return bytes > 4095 || path.split('/').some((name) => Buffer.byteLength(name) > 255) ? 'ENAMETOOLONG' : null
}

/** The errno that a script left, if any. */
function failed({ word }: Said): { readonly errno: string } | null {
  return word === '0' ? null : { errno: word }
}

function line(said: Said): Outcome<string> {
  return failed(said) ?? { value: textOf(said.stdout).replace(/\n$/, '') }
}

async function readFile(session: Session, path: string, limit: number): Promise<Outcome<Read>> {
  const script = `rp_read ${quoted(path)} ${limit + 1} ${Math.ceil((limit + 1) / 65_536)}`
  const said = await session.ask({ script, limit: limit + 1, budgetMs: SHORT_MS })
  const failure = failed(said)
  if (failure !== null) return failure
  const { bytes } = said.stdout
  if (bytes.length <= limit) return { value: { bytes, size: bytes.length, cut: false } }
  const stat = await statReader(session)(path, true)
  return {
    value: {
      bytes: bytes.subarray(0, limit),
      size: 'value' in stat ? Math.max(stat.value.size, bytes.length) : bytes.length,
      cut: true,
    },
  }
}

async function statfs(session: Session, path: string, timeoutMs: number): ReturnType<Host['statfs']> {
  const said = await session.ask({
    script: `rp_statfs ${quoted(path)} ${secondsOf(timeoutMs)}`,
    limit: SMALL,
    budgetMs: timeoutMs,
  })
  if (said.word === '137') return { errno: 'ETIMEDOUT' }
  const failure = failed(said)
  if (failure !== null) return failure
  const [blocks = '', free = ''] = textOf(said.stdout).trim().split(' ')
  return /^\d+$/.test(blocks) && /^\d+$/.test(free) ? { value: { blocks: BigInt(blocks), free: BigInt(free) } } : { errno: 'EIO' }
}

async function processes(session: Session): Promise<readonly RawProcess[]> {
  const mark = randomBytes(16).toString('hex')
  const { stdout } = await session.ask({ script: `rp_processes ${mark}`, limit: TOOL_OUTPUT, budgetMs: TOOL_MS })
  const [first = '', ...parts] = textOf(stdout).split(`RP=${mark}\0`)
  return blocksOf(first, parts)
}

/** Numbers, then three parts for each of them and one that ends the block and starts the next with its numbers. */
function blocksOf(first: string, parts: readonly string[]): readonly RawProcess[] {
  const found: RawProcess[] = []
  let numbers = numbersIn(first)
  let at = 0
  while (numbers.length > 0) {
    for (const [index, pid] of numbers.entries()) {
      const [stat = '', status = '', commandLine = ''] = parts.slice(at + 3 * index, at + 3 * index + 3)
      // Gone meanwhile: its files were empty.
      if (stat !== '') found.push({ pid, stat, status, commandLine })
    }
    at += 3 * numbers.length
    numbers = numbersIn(parts[at] ?? '')
    at++
  }
  return found
}

function numbersIn(text: string): readonly number[] {
  return text.split(/\s+/).flatMap((word) => (/^\d+$/.test(word) ? [Number(word)] : []))
}

function runOf({ word, stdout, stderr }: Said): Run {
  if (word === 'missing') return { kind: 'missing' }
  if (!/^\d+$/.test(word)) return { kind: 'failed', message: `the shell said ${word}` }
  return word === '137' ? { kind: 'timeout' } : { kind: 'exited', status: Number(word), stdout, stderr }
}

/** SIGINT and SIGPIPE end a command without a word of the shell. */
const SILENT_SIGNALS = new Set([130, 141])

function shellRunOf({ word, stdout, stderr }: Said): Run {
  if (word === 'timeout') return { kind: 'timeout' }
  const [number = '', signal] = word.split(' ')
  if (!/^\d+$/.test(number)) return { kind: 'failed', message: `the shell said ${word}` }
  const status = Number(number)
  const isSignal = status > 128 && (signal !== undefined || SILENT_SIGNALS.has(status))
  return { kind: 'exited', status: isSignal ? -1 : status, stdout, stderr }
}
