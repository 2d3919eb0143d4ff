import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Answer, Bytes, FactBundle, FactKind, FactKinds, FileFact } from '../model/fact.ts'
import { rawBytes } from './bytes.ts'

/** A fact in parts that can be compared one by one: name → value in words. */
export type Atoms = ReadonlyMap<string, string>
type Pairs = readonly (readonly [part: string, value: string])[]

/**
 * Takes an answer apart. What changes by itself (process numbers, connections, how full a disk is to the byte) is left out; what may
 * hold a secret (contents, output, bodies) stands by its digest.
 */
export function atomsOf({ kind }: FactBundle['facts'][string]['query'], answer: Answer<unknown>): Atoms {
  if ('error' in answer) return new Map([['error', answer.error]])
  const pairs = takers[kind] as (value: unknown) => Pairs
  return collected(pairs(answer.value))
}

/** Several of one name: all of their values, sorted. */
function collected(pairs: Pairs): Atoms {
  const groups = Map.groupBy(pairs, ([part]) => part)
  return new Map(
    [...groups].map(([part, all]) => [
      part,
      all
        .map(([, value]) => value)
        .toSorted()
        .join(', '),
    ]),
  )
}

const takers: { readonly [K in FactKind]: (value: FactKinds[K]['answer']) => Pairs } = {
  file: fileParts,
  command: ({ exitStatus, stdout, stderr }) => [
    ['exit status', String(exitStatus)],
    ['standard output', bytesWords(stdout)],
    ['standard error', bytesWords(stderr)],
  ],
  sockets: (sockets) =>
    sockets
      .filter(({ isListening }) => isListening)
      .map(({ protocol, address, port, uid }) => [
        `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`,
        `user ${uid}`,
      ]),
  processes: (processes) => {
    const running = processes.map(({ comm, uid, commandLine }) => JSON.stringify([nameOf(comm, commandLine), uid, commandLine]))
    return [...new Set(running)].map((each) => {
      const [comm, uid, commandLine] = JSON.parse(each) as [string, number, readonly string[]]
      return [`${comm} of user ${uid}`, commandLine.join(' ')]
    })
  },
  packages: ({ installed, problem }) => [
    ...(problem === null ? [] : [['problem', problem] as const]),
    ...Object.entries(installed).map(([name, versions]) => [name, versions.join(', ')] as const),
  ],
  service: ({ manager, enabled, running, runlevels }) => [
    ['manager', manager],
    ['enabled', words(enabled, String)],
    ['running', words(running, String)],
    ['runlevels', words(runlevels, (levels) => levels?.join(' ') ?? 'none')],
  ],
  accounts: ({ passwd, group }) => [...rowParts('user', passwd), ...rowParts('group', group)],
  interfaces: (interfaces) =>
    interfaces.map(({ name, mtu, addresses }) => [name, `mtu ${mtu}${addresses.map((address) => ` ${address}`).join('')}`]),
  mounts: (mounts) =>
    mounts.map(({ mountpoint, source, filesystem, options }) => [mountpoint, `${source} ${filesystem} ${options.join(',')}`]),
  usage: (percent) => [['percent used', String(percent)]],
  'kernel-param': (value) => [['value', value]],
  address: (reachable) => [['reachable', String(reachable)]],
  dns: (addresses) => addresses.map((address) => [address, '']),
  http: ({ status, headers, body }) => [
    ['status', String(status)],
    ...headers.filter(([name]) => name !== 'Date').map(([name, value]) => [name, valueWords(name, value)] as const),
    ['body', words(body, bytesWords)],
  ],
  certificate: ({ names, chainError, ...rest }) => [
    ...Object.entries(rest),
    ['names', names.join(' ')],
    ['chain', chainError ?? 'verified'],
  ],
  'kernel-modules': (modules) => modules.map((name) => [name, '']),
  sshd: (settings) => Object.entries(settings).map(([keyword, values]) => [keyword, values.join(', ')]),
  crontab: (lines) => lines.map((line) => [line, '']),
}

/** The kernel's workers, made and named anew every moment after what they do: all are one. */
function nameOf(comm: string, commandLine: readonly string[]): string {
  return commandLine.length === 0 && comm.startsWith('kworker/') ? 'kworker' : comm
}

function fileParts(file: FileFact): Pairs {
  const stat = 'value' in file.stat ? Object.entries(file.stat.value).map(([part, value]) => [part, String(value)] as const) : []
  return [
    ['exists', words(file.exists, String)],
    ...stat,
    ...('value' in file.stat
      ? ([
          ['owner', words(file.owner, String)],
          ['group', words(file.group, String)],
        ] as const)
      : []),
    ...('value' in file.linkTarget ? ([['link', file.linkTarget.value]] as const) : []),
    ...(file.contents === undefined ? [] : [['contents', words(file.contents, bytesWords)] as const]),
    ...Object.entries(file.digests ?? {}).map(([algorithm, digest]) => [algorithm, words(digest, String)] as const),
    ...Object.entries(file.access ?? {}).map(([user, access]) => [`access of ${user}`, words(access, accessWords)] as const),
    ...(file.capabilities === undefined ? [] : [['capabilities', words(file.capabilities, (text) => text || 'none')] as const]),
    ...(file.label === undefined ? [] : [['label', words(file.label, String)] as const]),
  ]
}

function accessWords({
  read,
  write,
  execute,
}: {
  readonly read: boolean
  readonly write: boolean
  readonly execute: boolean
}): string {
  return `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`
}

function rowParts(what: string, rows: Answer<string>): Pairs {
  if ('error' in rows) return [[`${what}s`, rows.error]]
  return rows.value
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      // The second field may hold a password's digest.
      const [name = '', password = '', ...rest] = row.split(':')
      return [`${what} ${name}`, [/^[x*!]?$/.test(password) ? password : 'a password', ...rest].join(':')]
    })
}

function valueWords(name: string, value: string): string {
  return name === 'Set-Cookie' ? `${value.split('=', 1)[0]}=…` : value
}

function words<T>(answer: Answer<T>, print: (value: T) => string): string {
  return 'value' in answer ? print(answer.value) : `unknown (${answer.error})`
}

function bytesWords(bytes: Bytes): string {
  return `${bytes.size} bytes, SHA-256 ${sha256Hex(rawBytes(bytes)).slice(0, 16)}${bytes.cut ? ' of its beginning' : ''}`
}
