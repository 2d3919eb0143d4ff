import type { Actual } from '../model/actual.ts'
import type { Answer, Bytes, FactBundle } from '../model/fact.ts'
import type { Resource, ResourceType } from '../model/resource.ts'
import type { GoValue } from '../model/value.ts'
import type { Context } from './kind.ts'
import { propertiesOf } from './resources.ts'

/** What `add` was told beside type and key. Milliseconds; null: the type's own. */
export type AddOptions = {
  readonly timeoutMs: number | null
  readonly server: string
  readonly allowInsecure: boolean
  readonly noFollowRedirects: boolean
  readonly username: string
  readonly password: string
  readonly proxy: string
  /** Globs of attributes that are left out. */
  readonly exclude: readonly string[]
}

export const noOptions: AddOptions = {
  timeoutMs: null,
  server: '',
  allowInsecure: false,
  noFollowRedirects: false,
  username: '',
  password: '',
  proxy: '',
  exclude: [],
}

type Shape = {
  /** The first must be known where `isStrict`; the others are left out when they are not. Property → attribute, where they differ. */
  readonly properties: readonly (readonly [property: string, attribute?: string])[]
  readonly isStrict: boolean
  readonly timeoutMs?: number
}

/** What goss writes of a resource of each type that can be added. */
const shapes: Readonly<Partial<Record<ResourceType, Shape>>> = {
  addr: { properties: [['reachable']], isStrict: true, timeoutMs: 500 },
  command: { properties: [['exit-status'], ['stdout'], ['stderr']], isStrict: true, timeoutMs: 10_000 },
  dns: { properties: [['resolvable'], ['addrs']], isStrict: true, timeoutMs: 500 },
  file: {
    properties: [['exists'], ['mode'], ['owner'], ['group'], ['linkedto', 'linked-to'], ['filetype']],
    isStrict: true,
  },
  group: { properties: [['exists'], ['gid']], isStrict: false },
  http: { properties: [['status']], isStrict: true, timeoutMs: 5000 },
  interface: { properties: [['exists'], ['addrs'], ['mtu']], isStrict: false },
  'kernel-param': { properties: [['value']], isStrict: true },
  mount: { properties: [['exists'], ['opts'], ['vfs-opts'], ['source'], ['filesystem']], isStrict: false, timeoutMs: 1000 },
  package: { properties: [['installed'], ['version', 'versions']], isStrict: false },
  port: { properties: [['listening'], ['ip']], isStrict: false },
  process: { properties: [['running']], isStrict: true },
  service: { properties: [['enabled'], ['running']], isStrict: true },
  user: { properties: [['exists'], ['uid'], ['gid'], ['groups'], ['home'], ['shell']], isStrict: false },
}

/** Whether `add` knows the type. */
export function isAddable(type: string): type is ResourceType {
  return Object.hasOwn(shapes, type)
}

/** A resource that asks for everything that `add` writes: its queries are what a host has to be asked. */
export function wanted(type: ResourceType, key: string, options: AddOptions): Resource {
  const shape = shapes[type]
  const asked = (shape?.properties ?? []).map(([property, attribute = property]) => [attribute, 'anything'] as const)
  const place = { file: '', row: null, column: null }
  const attributes = new Map<string, GoValue>([...asked, ...settings(type, options, shape)])
  return { type, key: nameOf(type, key), attributes, title: '', meta: null, skip: false, place }
}

/** The same with how it really is. An error where goss adds nothing. */
export function observed(want: Resource, bundle: FactBundle, options: AddOptions, context: Context): Answer<Resource> {
  const { type } = want
  const shape = shapes[type]
  const attributes = new Map<string, GoValue>(settings(type, options, shape))
  const properties = propertiesOf(want, bundle, context)
  for (const [at, [property, attribute = property]] of (shape?.properties ?? []).entries()) {
    const isFirst = at === 0 || (type === 'service' && property === 'running')
    if (!isFirst && options.exclude.some((glob) => isMatch(glob, excludable(type, attribute)))) continue
    const found = properties.find(({ name }) => name === property)?.actual() ?? { error: `${type} has no ${property}` }
    if ('value' in found) attributes.set(attribute, plain(found.value))
    else if (!isFirst) continue
    else if (shape?.isStrict === true) return found
    else attributes.set(attribute, false)
  }
  if (type === 'command') for (const stream of ['stdout', 'stderr']) if (!attributes.has(stream)) attributes.set(stream, '')
  // goss writes lists that assert nothing, and we its files alone.
  if (context.dialect === 'goss' && type === 'file') attributes.set('contents', [])
  if (context.dialect === 'goss' && type === 'http') attributes.set('body', [])
  return { value: { ...want, attributes } }
}

/** Whether there is such a thing: what `autoadd` adds. */
export function isThere({ attributes }: Resource): boolean {
  const [first] = attributes.values()
  return first === true
}

/** goss asks for `stderr` where it means a group's id. */
function excludable(type: ResourceType, attribute: string): string {
  return type === 'group' && attribute === 'gid' ? 'stderr' : attribute
}

function settings(type: ResourceType, options: AddOptions, shape: Shape | undefined): readonly (readonly [string, GoValue])[] {
  const timeout = shape?.timeoutMs === undefined ? [] : [['timeout', BigInt(options.timeoutMs ?? shape.timeoutMs)] as const]
  const written: Readonly<Record<string, GoValue>> =
    type === 'http'
      ? {
          'allow-insecure': options.allowInsecure,
          'no-follow-redirects': options.noFollowRedirects,
          username: options.username,
          password: options.password,
          proxy: options.proxy,
        }
      : type === 'dns'
        ? { server: options.server }
        : {}
  return [...timeout, ...Object.entries(written)]
}

/** `80` is `tcp:80`, `host:80` is `tcp://host:80`. */
function nameOf(type: ResourceType, key: string): string {
  if (type === 'port') return key.includes(':') ? key : `tcp:${key}`
  if (type === 'addr') return key.includes('://') ? key : `tcp://${key}`
  return key
}

function plain(actual: Actual): GoValue {
  if (actual.kind === 'value') return actual.value
  if (actual.kind === 'strings') return actual.values ?? []
  const lines = linesOf(actual.bytes)
  return lines.length === 0 ? '' : lines
}

/** Lines as patterns that match them: without the space around, an escape before what would mean something. */
function linesOf(bytes: Bytes): readonly string[] {
  const text =
    'text' in bytes ? bytes.text : new TextDecoder().decode(Uint8Array.from(atob(bytes.base64), (c) => c.charCodeAt(0)))
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (/^[!/]/.test(line) ? `\\${line}` : line))
}

function isMatch(glob: string, name: string): boolean {
  const source = glob
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  try {
    return new RegExp(`^${source}$`, 'u').test(name)
  } catch {
    return false
  }
}
