import * as z from 'zod/mini'
import { type FactKind, type Query, keyOf } from '../model/fact.ts'

const text = z.string()
const flag = z.boolean()
const whole = z.int()
const texts = z.readonly(z.array(text))
const answer = <T extends z.core.SomeType>(value: T) => z.union([z.strictObject({ value }), z.strictObject({ error: text })])
const bytes = z.union([
  z.strictObject({ text, size: whole, cut: flag }),
  z.strictObject({ base64: z.base64(), size: whole, cut: flag }),
])
const digest = z.enum(['md5', 'sha256', 'sha512'])
const manager = z.nullable(z.enum(['dpkg', 'rpm', 'apk', 'pacman']))
const fileType = z.enum(['file', 'directory', 'symlink', 'socket', 'pipe', 'character-device', 'block-device'])
const stat = z.strictObject({ mode: text, type: fileType, uid: whole, gid: whole, size: whole, mtime: z.nullable(text) })
const access = z.strictObject({ read: flag, write: flag, execute: flag })
const millis = z.number()

/** What may be asked, beside `kind`, and what may be answered. */
const kinds = {
  file: {
    ask: { path: text, contents: flag, digests: z.array(digest), access: texts, capabilities: flag, label: flag },
    answer: z.strictObject({
      exists: answer(flag),
      stat: answer(stat),
      owner: answer(text),
      group: answer(text),
      linkTarget: answer(text),
      contents: z.optional(answer(bytes)),
      digests: z.optional(z.partialRecord(digest, answer(text))),
      access: z.optional(z.record(text, answer(access))),
      capabilities: z.optional(answer(text)),
      label: z.optional(answer(text)),
    }),
  },
  command: {
    ask: { command: text, timeoutMs: millis, retries: whole, retryDelayMs: millis },
    answer: z.strictObject({ exitStatus: whole, stdout: bytes, stderr: bytes }),
  },
  sockets: {
    ask: {},
    answer: z.array(
      z.strictObject({
        protocol: z.enum(['tcp', 'tcp6', 'udp', 'udp6']),
        address: text,
        port: whole,
        isListening: flag,
        uid: whole,
      }),
    ),
  },
  processes: {
    ask: {},
    answer: z.array(z.strictObject({ pid: whole, comm: text, uid: whole, commandLine: texts })),
  },
  packages: {
    ask: { manager, patterns: texts },
    answer: z.strictObject({ manager, problem: z.nullable(text), installed: z.record(text, texts) }),
  },
  service: {
    ask: { name: text },
    answer: z.strictObject({
      manager: z.enum(['systemd', 'upstart', 'openrc', 'sysv']),
      enabled: answer(flag),
      running: answer(flag),
      runlevels: answer(z.nullable(texts)),
    }),
  },
  accounts: { ask: {}, answer: z.strictObject({ passwd: answer(text), group: answer(text) }) },
  interfaces: { ask: {}, answer: z.array(z.strictObject({ name: text, mtu: whole, addresses: texts })) },
  mounts: {
    ask: {},
    answer: z.array(z.strictObject({ mountpoint: text, options: texts, superOptions: texts, source: text, filesystem: text })),
  },
  usage: { ask: { mountpoint: text, timeoutMs: millis }, answer: z.number() },
  'kernel-param': { ask: { name: text }, answer: text },
  address: { ask: { address: text, localAddress: z.nullable(text), timeoutMs: millis }, answer: flag },
  dns: { ask: { name: text, type: z.nullable(text), server: z.nullable(text), timeoutMs: millis }, answer: texts },
  http: {
    ask: {
      ...{ url: text, method: text, allowInsecure: flag, followRedirects: flag, timeoutMs: millis, headers: texts, body: text },
      ...{ username: text, password: text, caFile: text, certFile: text, keyFile: text, proxy: text, socket: z.nullable(text) },
    },
    answer: z.strictObject({ status: whole, headers: z.array(z.tuple([text, text])), body: answer(bytes) }),
  },
  certificate: {
    ask: {
      path: z.nullable(text),
      address: z.nullable(text),
      serverName: z.nullable(text),
      caFile: z.nullable(text),
      timeoutMs: millis,
    },
    answer: z.strictObject({
      ...{ subject: text, issuer: text, names: texts, notBefore: text, notAfter: text, serial: text, sha256: text },
      ...{ protocol: text, chainError: z.nullable(text) },
    }),
  },
  'kernel-modules': { ask: {}, answer: texts },
  sshd: { ask: { context: z.nullable(text) }, answer: z.record(text, texts) },
  crontab: { ask: { user: z.nullable(text) }, answer: texts },
} as const satisfies Record<FactKind, { readonly ask: Record<string, z.core.SomeType>; readonly answer: z.core.SomeType }>

const shapes = new Map(
  Object.entries(kinds).map(([kind, { ask, answer: value }]) => [
    kind,
    { query: z.strictObject({ kind: z.literal(kind), ...ask }), answer: answer(value) },
  ]),
)

const Frame = z.strictObject({
  format: z.literal('runproof-facts/v1'),
  target: z.strictObject({ id: text, transport: z.enum(['local', 'ssh', 'docker', 'podman', 'kubectl']), address: text }),
  host: z.strictObject({ system: z.nullable(text), distribution: z.nullable(text), architecture: z.nullable(text) }),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  facts: z.record(text, z.strictObject({ query: z.looseObject({ kind: text }), answer: z.unknown() })),
})

/** Why a value is no fact bundle; null: it is one, every question and every answer of a known form. */
export function bundleProblem(value: unknown): string | null {
  const frame = Frame.safeParse(value)
  if (!frame.success) return firstOf(frame.error)
  for (const [key, { query, answer: given }] of Object.entries(frame.data.facts)) {
    const shape = shapes.get(query.kind)
    if (shape === undefined) return `${JSON.stringify(query.kind)} is no kind of fact`
    const asked = shape.query.safeParse(query)
    if (!asked.success) return `the question ${key}: ${firstOf(asked.error)}`
    if (keyOf(query as unknown as Query) !== key) return `the key ${key} is not its question's`
    const answered = shape.answer.safeParse(given)
    if (!answered.success) return `the answer to ${key}: ${firstOf(answered.error)}`
  }
  return null
}

function firstOf({ issues }: z.core.$ZodError): string {
  const [issue] = issues
  if (issue === undefined) return 'malformed'
  const place = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  return issue.code === 'unrecognized_keys' ? `unknown member ${issue.keys.join(', ')}${place}` : `${issue.code}${place}`
}
