import type { Target } from '../target.ts'
import { auditTarget } from './audit.ts'
import { bundleTarget, folderTarget, waiverTarget } from './bundles.ts'
import { eventTargets } from './events.ts'
import { jcsTarget, jsonTarget } from './json.ts'
import { manifestTarget } from './manifest.ts'
import { addressTarget, globTarget } from './patterns.ts'
import { noteTarget, statementTarget, tarTarget, tileTarget, trustTarget } from './proof.ts'
import { redactionTarget } from './redaction.ts'
import { regoTarget } from './rego.ts'
import { evidenceTarget, reportTarget } from './sealed.ts'
import { streamTarget } from './streams.ts'

/** Every reader of data from outside. */
export const targets: readonly Target[] = [
  ...eventTargets,
  redactionTarget,
  streamTarget,
  manifestTarget,
  jsonTarget,
  jcsTarget,
  globTarget,
  addressTarget,
  noteTarget,
  tileTarget,
  statementTarget,
  tarTarget,
  trustTarget,
  regoTarget,
  bundleTarget,
  waiverTarget,
  folderTarget,
  evidenceTarget,
  reportTarget,
  auditTarget,
]

/** @throws Error for a name that no target has */
export function targetNamed(name: string): Target {
  const target = targets.find((one) => one.name === name)
  if (!target)
    throw new Error(`there is no target ${JSON.stringify(name)}; there are ${targets.map((one) => one.name).join(', ')}`)
  return target
}
