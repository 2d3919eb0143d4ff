import type { Target } from '../model/act.ts'
import type { Fingerprint, Identity } from '../model/behaviour.ts'
import { sha256Hex } from '../proof/sha256.ts'

/**
 * Names a behaviour, so that its next occurrence, in this window or in another, is recognised as the same one. Left out on purpose:
 * time, pid, pod and container (they change on every restart), sensor and rule (two sensors that saw one act must agree on it).
 * An array, not a joined string: ["a","bc"] and ["ab","c"] must differ. `rpf1` is frozen; another recipe is another prefix.
 */
export function fingerprint(identity: Identity): Fingerprint {
  return `rpf1:${sha256Hex(identityText(identity))}`
}

/** The text that is hashed; also the key under which occurrences fold before anything is hashed. */
export function identityText({
  application,
  environment,
  cluster,
  namespace,
  workload,
  action,
  executable,
  target,
}: Identity): string {
  return JSON.stringify([
    'runproof/behaviour/v1',
    application,
    environment,
    cluster,
    namespace,
    workload,
    action,
    executable,
    targetText(target),
  ])
}

function targetText(target: Target | null): readonly (string | number | boolean | null)[] | null {
  if (target === null) return null
  if (target.type === 'binary' || target.type === 'path') return [target.type, target.path, target.partial]
  if (target.type === 'address') return [target.type, target.address, target.name, target.port, target.protocol, target.direction]
  return [target.type, target.name]
}
