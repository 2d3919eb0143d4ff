import type { Target } from '../model/act.ts'
import { canonicalAddress } from '../patterns/address.ts'

/**
 * A path without what changes from run to run: process ids under /proc, UUIDs, long hexadecimal names (container ids, digests) and
 * mktemp names become `<id>`; `//` and `/./` become `/`. Nothing else: a control's pattern must still mean what its author wrote, and
 * `..` cannot be resolved without knowing the symbolic links.
 */
export function normalisePath(path: string): string {
  if (path.includes('//') || path.includes('/./')) path = path.replaceAll(/\/(?:\.?\/)+/g, '/')
  if (path.startsWith('/proc/'))
    path = path
      .replace(/^\/proc\/\d+(?=\/|$)/, '/proc/<id>')
      .replace(/^(\/proc\/(?:<id>|self))\/task\/\d+(?=\/|$)/, '$1/task/<id>')
  return volatileHint.test(path) ? path.split('/').map(normaliseSegment).join('/') : path
}

/** Cheap look before the careful one: eight hex digits in a row, or mktemp's dot and random tail. */
const volatileHint = /[0-9a-fA-F]{8}|tmp\.[A-Za-z0-9]{6}/
const uuid = /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/g
const hexRun = /(?<![0-9A-Za-z])[0-9a-fA-F]{8,}(?![0-9A-Za-z])/g
const mktemp = /tmp\.[A-Za-z0-9]{6,12}$/

function normaliseSegment(segment: string): string {
  return segment
    .replace(uuid, '<id>')
    .replace(hexRun, (run) => (/\d/.test(run) ? '<id>' : run))
    .replace(mktemp, 'tmp.<id>')
}

/** The target as it enters the identity: same target, same text, whichever sensor wrote it. */
export function normaliseTarget(target: Target): Target {
  if (target.type === 'binary' || target.type === 'path')
    return { type: target.type, path: normalisePath(target.path), partial: target.partial }
  if (target.type !== 'address') return { type: target.type, name: target.name }
  const { name, port, direction } = target
  const address = target.address === null ? null : (canonicalAddress(target.address) ?? target.address)
  return {
    type: 'address',
    address,
    name: name?.toLowerCase().replace(/\.$/, '') ?? null,
    port,
    protocol: target.protocol?.toLowerCase() ?? null,
    direction,
  }
}
