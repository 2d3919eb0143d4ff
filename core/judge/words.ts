import type { Target } from '../model/act.ts'

/** A target in one short text: a path, `10.0.0.1:443`, a name. Also what a waiver's `targets` patterns are compared with. */
export function targetWords(target: Target): string {
  if (target.type === 'binary' || target.type === 'path') return target.path
  if (target.type !== 'address') return target.name
  const host = target.name ?? target.address ?? 'unknown address'
  return target.port === null ? host : `${host.includes(':') ? `[${host}]` : host}:${target.port}`
}
