import type { EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { JsonObject } from '../connector.ts'
import { objectOf, textOf } from '../fields.ts'

/** Longer than any that Tetragon makes. `exec_id` is base64 of `node:start:pid`: it names one run of one program in the whole cluster and for all time. */
const MAX_EXEC_ID = 1024

/**
 * Whether the policy asked to kill the process. Only SIGKILL: which signal `KPROBE_ACTION_SIGNAL` sends is said in the policy, not in the
 * event.
 */
export function isToKill(event: JsonObject): boolean {
  return event['action'] === 'KPROBE_ACTION_SIGKILL'
}

/** The process as in `Act.toKill`: only a digest is kept. Null when the event does not tell it from others. */
export function killedBy(process: JsonObject | null): string | null {
  const execId = textOf(process?.['exec_id'])
  return execId === null || execId.length > MAX_EXEC_ID ? null : sha256Hex(execId)
}

/** The end of a process by SIGKILL: it proves a kill that was asked for. Other ends prove nothing that somebody asks about. */
export function endOf(event: JsonObject, instance: Instance, at: EventTime): Watch | null {
  const process = killedBy(objectOf(event['process']))
  if (event['signal'] !== 'SIGKILL' || process === null) return null
  return { ...instance, kind: 'end', at, process, signal: 'SIGKILL' }
}
