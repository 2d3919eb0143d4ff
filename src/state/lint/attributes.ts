import { isGoList, isGoMap, type GoValue } from '../model/value.ts'
import type { Resource, ResourceType } from '../model/resource.ts'
import type { Finding } from './finding.ts'

type Check = (value: GoValue, resource: Resource) => readonly Finding[]

/** What single attributes can get wrong, by `type.attribute`. */
export const attributeChecks = new Map<string, Check>([
  ['file.mode', lintMode],
  ['file.filetype', lintFileType],
  ['file.md5', (value) => lintDigest(value, 32)],
  ['file.sha256', (value) => lintDigest(value, 64)],
  ['file.sha512', (value) => lintDigest(value, 128)],
  ['file.contains', () => [{ code: 'deprecated', text: 'contains is called contents now', fix: 'write contents' }]],
  ['dns.resolveable', () => [{ code: 'deprecated', text: 'resolveable is called resolvable now', fix: 'write resolvable' }]],
  ['command.exit-status', lintStatus],
  ['command.stdout', lintWholeText],
  ['command.stderr', lintWholeText],
  ...['user.uid', 'user.gid', 'group.gid'].map((name): [string, Check] => [name, lintNumber]),
  ['mount.exists', lintMountExists],
  ['mount.mountpoint', (value) => lintMountpoint(value)],
  ['port.ip', lintIp],
  ['http.request-headers', lintHeaders],
  ['http.password', () => [{ code: 'secret-in-file', text: 'the password is in the file', fix: 'take it from .Env or --vars' }]],
])

/** What is wrong with the name of the thing that is looked at. */
export function lintSubject(type: ResourceType, name: string, resource: Resource): readonly Finding[] {
  if (type === 'addr') return lintAddress(name)
  if (type === 'process') return lintComm(name)
  if (type === 'mount') return lintMountpoint(name)
  if (type === 'dns') return lintQuery(name, resource)
  return []
}

function lintMode(value: GoValue): readonly Finding[] {
  if (typeof value === 'bigint') {
    const text = value.toString(8).padStart(4, '0')
    return [{ code: 'octal-mode', text: `the mode is the number ${value}`, fix: `write "${text}" in quotes` }]
  }
  if (isGoList(value)) return value.flatMap(lintMode)
  if (!isGoMap(value)) return []
  return [...value].flatMap(([name, inner]) => (['equal', 'and', 'or', 'not'].includes(name) ? lintMode(inner) : []))
}

const fileTypes = ['file', 'directory', 'symlink', 'socket', 'pipe', 'character-device', 'block-device']

function lintFileType(value: GoValue): readonly Finding[] {
  if (typeof value !== 'string' || fileTypes.includes(value)) return []
  return [{ code: 'filetype-unknown', text: `${value} is no file type`, fix: `one of ${fileTypes.join(', ')}` }]
}

function lintDigest(value: GoValue, length: number): readonly Finding[] {
  if (typeof value === 'string' && /^[0-9a-f]+$/.test(value) && value.length === length) return []
  if (typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'number') return []
  return [{ code: 'digest-form', text: `${String(value)} is no digest of this kind`, fix: `${length} digits 0-9 a-f, in quotes` }]
}

function lintStatus(value: GoValue): readonly Finding[] {
  if (isGoList(value)) return [{ code: 'status-list', text: 'a list of exit statuses is an error', fix: 'write {or: [0, 1]}' }]
  return lintNumber(value)
}

function lintNumber(value: GoValue): readonly Finding[] {
  if (typeof value !== 'string') return []
  return [{ code: 'number-as-text', text: `${value} is a text`, fix: `write ${value} without quotes` }]
}

function lintWholeText(value: GoValue): readonly Finding[] {
  if (typeof value !== 'string' || value === '' || value.endsWith('\n')) return []
  return [
    { code: 'whole-text', text: 'the whole output must be this text, without a line feed', fix: `write a list: ["${value}"]` },
  ]
}

function lintMountExists(value: GoValue): readonly Finding[] {
  if (value !== false) return []
  return [
    { code: 'mount-absent', text: 'goss answers with an error where nothing is mounted', fix: 'goss needs a command: findmnt' },
  ]
}

function lintMountpoint(value: GoValue): readonly Finding[] {
  if (typeof value !== 'string' || value === '/' || !value.endsWith('/')) return []
  return [{ code: 'trailing-slash', text: `${value} ends with a slash`, fix: `write ${value.replace(/\/+$/, '')}` }]
}

function lintIp(value: GoValue): readonly Finding[] {
  const texts = isGoList(value) ? value.filter((item) => typeof item === 'string') : typeof value === 'string' ? [value] : []
  return texts
    .filter((text) => text.includes(':') && text !== text.toUpperCase())
    .map((text) => ({ code: 'ipv6-case' as const, text: `goss never finds ${text}`, fix: `write ${text.toUpperCase()}` }))
}

function lintHeaders(value: GoValue): readonly Finding[] {
  const lines = isGoList(value) ? value.filter((item) => typeof item === 'string') : []
  return lines
    .filter((line) => !line.includes(': '))
    .map((line) => ({ code: 'header-malformed' as const, text: `${line} has no ": "`, fix: 'write Name: value' }))
}

const networks = new Set(['tcp', 'tcp4', 'tcp6', 'udp', 'udp4', 'udp6', 'unix', 'unixgram', 'unixpacket'])

function lintAddress(name: string): readonly Finding[] {
  const scheme = /^([^:/]*):\/\//.exec(name)?.[1] ?? 'tcp'
  if (scheme.startsWith('udp')) {
    return [{ code: 'udp-address', text: `${name} is always reachable`, fix: 'ask the service itself: dns, command or http' }]
  }
  if (networks.has(scheme)) return []
  return [{ code: 'address-scheme', text: `${scheme} is no network`, fix: 'write tcp://host:port; for a URL use http' }]
}

function lintComm(name: string): readonly Finding[] {
  if (Buffer.byteLength(name) <= 15) return []
  return [{ code: 'comm-too-long', text: `${name} is longer than 15 bytes`, fix: `write ${name.slice(0, 15)}` }]
}

function lintQuery(name: string, { attributes }: Resource): readonly Finding[] {
  if (!/^[A-Z]+:/.test(name) || attributes.has('server')) return []
  return [{ code: 'dns-type-without-server', text: `${name} is looked up as a host`, fix: 'name the server to ask' }]
}
