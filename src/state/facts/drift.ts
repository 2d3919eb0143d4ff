import type { FactBundle } from '../model/fact.ts'
import { type Atoms, atomsOf } from './drift-atoms.ts'

/** One thing that two bundles say differently. `before` null: it came; `after` null: it went. */
export type DriftEntry = {
  /** What it is about: `file /etc/passwd`, `packages`, `sockets`. */
  readonly subject: string
  /** What of it: `mode`, `bash`, `tcp 0.0.0.0:22`. */
  readonly part: string
  readonly before: string | null
  readonly after: string | null
}

/** `notCompared`: keys of questions that only one of the two was asked, in order. Silence is no drift, and no agreement either. */
export type Drift = { readonly entries: readonly DriftEntry[]; readonly notCompared: readonly string[] }

/** What changed from one bundle to another, of the same host or of its twin: by question, then by part. */
export function diffBundles(before: FactBundle, after: FactBundle): Drift {
  const keys = [...new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])].toSorted()
  const shared = keys.filter((key) => Object.hasOwn(before.facts, key) && Object.hasOwn(after.facts, key))
  return {
    entries: shared.flatMap((key) => changesOf(before, after, key)),
    notCompared: keys.filter((key) => !shared.includes(key)),
  }
}

function changesOf(before: FactBundle, after: FactBundle, key: string): readonly DriftEntry[] {
  const [old, fresh] = [before.facts[key], after.facts[key]]
  if (old === undefined || fresh === undefined) return []
  const [was, is] = [atomsOf(old.query, old.answer), atomsOf(fresh.query, fresh.answer)]
  const subject = subjectOf(old.query)
  return changed(was, is).map((change) => ({ subject, ...change }))
}

function changed(was: Atoms, is: Atoms): readonly Omit<DriftEntry, 'subject'>[] {
  const parts = [...new Set([...was.keys(), ...is.keys()])].toSorted()
  return parts.flatMap((part) => {
    const [before, after] = [was.get(part) ?? null, is.get(part) ?? null]
    return before === after ? [] : [{ part, before, after }]
  })
}

function subjectOf(query: FactBundle['facts'][string]['query']): string {
  switch (query.kind) {
    case 'file':
      return `file ${query.path}`
    case 'command':
      return `command ${query.command}`
    case 'service':
    case 'kernel-param':
    case 'dns':
      return `${query.kind} ${query.name}`
    case 'usage':
      return `usage of ${query.mountpoint}`
    case 'address':
      return `address ${query.address}`
    case 'http':
      return `http ${query.url}`
    case 'certificate':
      return `certificate ${query.path ?? query.address ?? ''}`
    case 'crontab':
      return query.user === null ? 'crontab of the system' : `crontab of ${query.user}`
    case 'sshd':
      return query.context === null ? 'sshd' : `sshd for ${query.context}`
    case 'accounts':
    case 'interfaces':
    case 'kernel-modules':
    case 'mounts':
    case 'packages':
    case 'processes':
    case 'sockets':
      return query.kind
  }
}

/** An entry as a sentence: `packages: bash: 5.2.15-2 became 5.2.15-3`. */
export function driftWords({ subject, part, before, after }: DriftEntry): string {
  const what = `${subject}: ${part}`
  if (before === null) return `${what} came${after === '' ? '' : `: ${after}`}`
  if (after === null) return `${what} went${before === '' ? '' : `: it was ${before}`}`
  return `${what}: ${before} became ${after}`
}
