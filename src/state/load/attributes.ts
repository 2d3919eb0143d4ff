import type { ResourceType } from '../model/resource.ts'

/**
 * What an attribute is decoded into. `matcher`: anything that a matcher may be. `zero`: written by `render` even when it is empty.
 * `since`: `goss` (0.4.10 knows it), `master` (goss's unreleased branch), `own` (ours): only the dialect `runproof` takes the last two.
 */
export type Attribute = {
  readonly name: string
  readonly kind: 'string' | 'int' | 'bool' | 'strings' | 'matcher' | 'any' | 'meta' | 'matchers' | 'duration'
  readonly zero: boolean
  readonly since: 'goss' | 'master' | 'own'
}

/** What a resource type of a gossfile is called and what it may hold, in the order in which goss writes it. */
export type TypeInfo = {
  readonly type: ResourceType | 'gossfile'
  /** As goss spells it in messages and results: `KernelParam`. */
  readonly goName: string
  /** The attribute that names the resource in the key's stead; null: there is none. */
  readonly override: string | null
  /** The property that must be there; null: none must. */
  readonly required: string | null
  readonly attributes: readonly Attribute[]
  readonly since: Attribute['since']
}

/** Ours, for every resource: what must pass first, how much a failure matters, what to do about it. */
const everywhere = ['depends-on own strings', 'severity own string', 'remediation own string']

/** Every type in the order in which goss writes a gossfile; ours follow. */
export const typeInfos: readonly TypeInfo[] = [
  goss('file', 'File', 'path', 'exists', [
    'title',
    'meta',
    'path string',
    'exists! matcher',
    ...matchers('mode size owner uid group gid linked-to filetype contains'),
    'contents! matcher',
    ...matchers('md5 sha256 sha512'),
    'skip',
    'access own matchers',
    'capabilities own matcher',
    'label own matcher',
  ]),
  goss('package', 'Package', 'name', 'installed', [
    'title',
    'meta',
    'name string',
    'installed! matcher',
    'versions matcher',
    'skip',
    ...retries(),
  ]),
  goss('addr', 'Addr', 'address', 'reachable', [
    'title',
    'meta',
    'address string',
    'local-address string',
    'reachable! matcher',
    'timeout! int',
    'skip',
  ]),
  goss('port', 'Port', 'port', 'listening', ['title', 'meta', 'port string', 'listening! matcher', 'ip matcher', 'skip']),
  goss('service', 'Service', 'name', null, [
    'title',
    'meta',
    'name string',
    'enabled! matcher',
    'running! matcher',
    'skip',
    'runlevels matcher',
  ]),
  goss('user', 'User', 'username', 'exists', [
    'title',
    'meta',
    'username string',
    'exists! matcher',
    ...matchers('uid gid groups home shell'),
    'skip',
  ]),
  goss('group', 'Group', 'groupname', 'exists', ['title', 'meta', 'groupname string', 'exists! matcher', 'gid matcher', 'skip']),
  goss('command', 'Command', 'exec', 'exit-status', [
    'title',
    'meta',
    'exec string',
    'exit-status! matcher',
    'stdout! matcher',
    'stderr! matcher',
    'timeout! int',
    'skip',
    ...retries(),
  ]),
  goss('dns', 'DNS', 'resolve', 'resolvable', [
    'title',
    'meta',
    'resolve string',
    'resolveable matcher',
    'resolvable! matcher',
    'addrs matcher',
    'timeout! int',
    'server string',
    'skip',
    ...retries(),
  ]),
  goss('process', 'Process', 'comm', 'running', [
    'title',
    'meta',
    'comm string',
    'running! matcher',
    'skip',
    'owner own matcher',
    'args own matcher',
    'count own matcher',
  ]),
  goss('gossfile', 'Gossfile', 'file', null, ['title', 'meta', 'skip', 'file string', '- any']),
  goss('kernel-param', 'KernelParam', 'name', 'value', ['title', 'meta', 'name string', 'value! matcher', 'skip', '- any']),
  goss('mount', 'Mount', 'mountpoint', 'exists', [
    'title',
    'meta',
    'mountpoint string',
    'exists! matcher',
    ...matchers('opts vfs-opts source filesystem'),
    'timeout! int',
    'skip',
    'usage matcher',
  ]),
  goss('interface', 'Interface', 'name', 'exists', [
    'title',
    'meta',
    'name string',
    'exists! matcher',
    'addrs matcher',
    'mtu matcher',
    'skip',
  ]),
  goss('http', 'HTTP', 'url', 'status', [
    'title',
    'meta',
    'url string',
    'method string',
    'status! matcher',
    'allow-insecure! bool',
    'no-follow-redirects! bool',
    'timeout int',
    'request-headers strings',
    'request-body string',
    'headers matcher',
    'body matcher',
    ...strings('username password ca-file cert-file key-file'),
    'skip',
    'proxy string',
    'socket own string',
  ]),
  goss('matching', 'Matching', null, 'matches', ['title', 'meta', 'content any', 'as-reader bool', 'matches! matcher', 'skip']),
  later('registry', 'Registry', 'name', 'exists', 'master', [
    'title',
    'meta',
    'name string',
    'exists! matcher',
    'value matcher',
    'type matcher',
    'skip',
  ]),
  later('certificate', 'Certificate', 'path', null, 'own', [
    'title',
    'meta',
    ...strings('path address server-name ca-file'),
    'timeout int',
    ...matchers('valid days-left subject issuer names serial sha256 protocol chain'),
    'skip',
  ]),
  later('kernel-module', 'KernelModule', 'name', 'loaded', 'own', ['title', 'meta', 'name string', 'loaded! matcher', 'skip']),
  later('sshd', 'Sshd', 'keyword', 'value', 'own', [
    'title',
    'meta',
    'keyword string',
    'context string',
    'value! matcher',
    'skip',
  ]),
  later('crontab', 'Crontab', 'user', 'entries', 'own', ['title', 'meta', 'user string', 'entries! matcher', 'skip']),
]

const byType = new Map(typeInfos.map((info) => [info.type as string, info]))

/** What is known of a top-level key; undefined: no type of any dialect. */
export function typeInfoOf(type: string): TypeInfo | undefined {
  return byType.get(type)
}

/** An attribute of a type; undefined: it has none of that name. */
export function attributeOf(info: TypeInfo, name: string): Attribute | undefined {
  return namesOf(info).get(name)
}

const attributesByName = new WeakMap<TypeInfo, ReadonlyMap<string, Attribute>>()

function namesOf(info: TypeInfo): ReadonlyMap<string, Attribute> {
  const known = attributesByName.get(info)
  if (known !== undefined) return known
  const names = new Map(info.attributes.map((attribute) => [attribute.name, attribute]))
  attributesByName.set(info, names)
  return names
}

/** Attributes that state something about the host, so that there is a result; the others say how to look. */
export function assertionsOf(info: TypeInfo): readonly string[] {
  return info.attributes.filter(({ kind }) => kind === 'matcher' || kind === 'matchers').map(({ name }) => name)
}

function goss(
  type: TypeInfo['type'],
  goName: string,
  override: string | null,
  required: string | null,
  rows: readonly string[],
): TypeInfo {
  return later(type, goName, override, required, 'goss', rows)
}

function later(
  type: TypeInfo['type'],
  goName: string,
  override: string | null,
  required: string | null,
  since: Attribute['since'],
  rows: readonly string[],
): TypeInfo {
  const own = type === 'gossfile' ? [] : everywhere
  return { type, goName, override, required, since, attributes: [...rows, ...own].map(attributeFrom) }
}

/** `name! since kind`; title, meta and skip are the same everywhere. */
function attributeFrom(row: string): Attribute {
  if (row === 'title') return { name: 'title', kind: 'string', zero: false, since: 'goss' }
  if (row === 'meta') return { name: 'meta', kind: 'meta', zero: false, since: 'goss' }
  if (row === 'skip') return { name: 'skip', kind: 'bool', zero: false, since: 'goss' }
  const words = row.split(' ')
  const since = words.length === 3 ? (words[1] as Attribute['since']) : 'goss'
  const name = words[0] ?? ''
  return { name: name.replace('!', ''), kind: words.at(-1) as Attribute['kind'], zero: name.endsWith('!'), since }
}

function matchers(names: string): readonly string[] {
  return names.split(' ').map((name) => `${name} matcher`)
}

function strings(names: string): readonly string[] {
  return names.split(' ').map((name) => `${name} string`)
}

function retries(): readonly string[] {
  return ['retry_count master int', 'retry_delay master duration']
}
