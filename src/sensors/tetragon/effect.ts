import type { Effect } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { integerOf, objectOf, textOf } from '../fields.ts'

/** Actions that only report, follow or look up: the act was left alone. */
const harmless: ReadonlySet<string> = new Set(
  [
    'UNKNOWN',
    'POST',
    'NOPOST',
    'FOLLOWFD',
    'UNFOLLOWFD',
    'COPYFD',
    'GETURL',
    'DNSLOOKUP',
    'TRACKSOCK',
    'UNTRACKSOCK',
    'CLEANUPENFORCERNOTIFICATION',
  ].map((action) => `KPROBE_ACTION_${action}`),
)

const EPERM = -1
const EACCES = -13
/** The kernel's error numbers end here; anything lower is a value. */
const LOWEST_ERRNO = -4095

/**
 * What became of the act. Tetragon writes the action that a policy asks for, also in monitor mode where nothing is done about it: only
 * what the hooked function returned proves a refusal. A kill shows in the exit event of the process, not here.
 */
export function effectOf(event: JsonObject): Effect {
  const action = textOf(event['action'])
  const returned = returnOf(event)
  if (returned === EPERM || returned === EACCES) return 'prevented'
  if (action === null || harmless.has(action)) return 'observed'
  const isErrno = returned !== null && returned < 0 && returned >= LOWEST_ERRNO
  return action === 'KPROBE_ACTION_OVERRIDE' && isErrno ? 'prevented' : 'unknown'
}

/** The same as a fact: null where an action was asked for and the line does not prove what came of it. */
export function blockedOf(event: JsonObject): boolean | null {
  const effect = effectOf(event)
  return effect === 'unknown' ? null : effect === 'prevented'
}

function returnOf(event: JsonObject): number | null {
  const returned = objectOf(event['return'])
  return returned === null
    ? null
    : integerOf(returned['int_arg'] ?? returned['long_arg'] ?? objectOf(returned['error_arg'])?.['value'])
}
