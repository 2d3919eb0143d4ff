import type { Subject, Target } from '../../core/model/act.ts'
import { canonicalAddress } from '../../core/patterns/address.ts'

/** A name or path longer than any that Linux or Kubernetes allows is cut; so is a command line beyond what a report can hold. */
export const TEXT_LIMIT = 4096
export const COMMAND_LINE_LIMIT = 16_384
const ITEM_LIMIT = 32

/** Nobody in particular: every field null. */
export const nobody: Subject = {
  cluster: null,
  node: null,
  namespace: null,
  workload: null,
  pod: null,
  container: null,
  image: null,
  onHost: null,
  pid: null,
  uid: null,
  executable: null,
  executablePartial: false,
  commandLine: null,
  ancestors: [],
}

/** The text, at most `limit` UTF-16 units long and never ending in half a character. */
export function clip<T extends string | null>(text: T, limit = TEXT_LIMIT): T {
  return text === null || text.length <= limit ? text : (text.slice(0, limit).replace(/[\ud800-\udbff]$/, '') as T)
}

/** At most 32 items, each clipped. */
export function clipAll(items: readonly string[]): readonly string[] {
  return items.slice(0, ITEM_LIMIT).map((item) => clip(item))
}

/** A file or program; partial unless its whole path is known. A sensor's cut mark makes it partial too. */
export function fileTarget(type: 'binary' | 'path', path: string | null, cut = false): Target | null {
  return path === null ? null : { type, path: clip(path), partial: cut || isPartial(path) }
}

/** True for a bare name, a relative path, or one that had to be cut: two different files may share it. */
export function isPartial(path: string): boolean {
  return !path.startsWith('/') || path.length > TEXT_LIMIT
}

/** A network end; null when nothing about it is known. An address that is none is not kept. */
export function addressTarget(
  direction: 'out' | 'in' | 'listen',
  end: {
    readonly address: string | null
    readonly name?: string | null
    readonly port: number | null
    readonly protocol: string | null
  },
): Target | null {
  const address = end.address === null ? null : canonicalAddress(end.address)
  const name = clip(end.name ?? null)
  if (address === null && name === null && end.port === null) return null
  return { type: 'address', address, name, port: end.port, protocol: clip(end.protocol)?.toLowerCase() ?? null, direction }
}
