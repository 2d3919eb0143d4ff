import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Violation } from './model.ts'

/** A violation under the names of SPEC G2, then ours. `detail` comes from the attempt: it is data, never a template. */
export function toJson(violation: Violation): { readonly [key: string]: JsonValue } {
  const { at, actor, type, detail, severity, action, mode, rule, host, sequence, effect, mechanism, attempt } = violation
  return {
    timestamp: at,
    process_name: actor.name,
    pid: actor.pid,
    type,
    detail,
    severity,
    action,
    policy_mode: mode,
    rule,
    effect,
    mechanism,
    host,
    sequence,
    parent_pid: actor.parent,
    uid: actor.uid,
    executable: actor.executable,
    cgroup: actor.cgroup,
    attempt: { ...attempt },
  }
}
