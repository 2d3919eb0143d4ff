import type { Act } from '../../../core/model/act.ts'
import type { Severity } from '../../../core/model/severity.ts'
import { eventMs, type EventTime } from '../../../core/model/time.ts'
import { confidence } from '../confidence.ts'
import type { JsonObject } from '../connector.ts'
import { rfc3339, type LineHeader } from '../read/line-header.ts'
import { TEXT_TAG, textMalformed, type TextForm } from '../read/text-form.ts'
import { clip, nobody } from '../subject.ts'
import { doneOf } from './acts.ts'
import { watchOf } from './health.ts'
import { severityOf } from './severity.ts'

/** Its figures are in the text, but not which of them a value with blanks runs into: it counts nothing. */
const SNAPSHOT = 'Falco internal: metrics snapshot'

/** A time of day, or ISO 8601, then the priority, then what the rule prints. */
const form =
  /^(?:(\d{4}-\d\d-\d\d)T)?(\d\d:\d\d:\d\d\.\d{9})([+-]\d{4}|Z)?: (Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) (.*)$/s

/**
 * Falco's alerts for people (`json_output: false`): when, how severe, and what kind of act. The rule is not in it, and everything behind
 * the priority may be written by whoever names a process, a file or an argument: so nobody's name and no target is taken from there.
 */
export const textForm: TextForm = {
  kindOf: (line) => (form.test(line) ? 'event' : null),
  read(line, header) {
    const [, date, clock, zone, priority, output] = form.exec(line) ?? []
    if (clock === undefined || priority === undefined || output === undefined) return textMalformed('falco')
    const at = timeOf(date, clock, zone, header)
    const node = clip(header?.host ?? null)
    const rule = ruleOf(priority, output)
    const event = {
      ...(at === null ? {} : { time: at }),
      ...(node === null ? {} : { hostname: node }),
      ...(rule === null ? {} : { rule, source: 'internal' }),
      priority,
      output,
    }
    const instance = { sensor: 'falco', node }
    // Text shows no life: a line can be forged, and what a text says of its acts is too little to judge them by.
    if (rule !== null) {
      const watch = at === null || rule === SNAPSHOT ? [] : watchOf(rule, countsIn(output), instance, at)
      return { event, reading: { class: 'health', sensor: 'falco', instance, at: null, watch } }
    }
    const act = actOf(output, at, severityOf(priority), node)
    return { event, reading: { class: 'detection', sensor: 'falco', act, instance, at: null } }
  },
}

/** How Falco's words about itself begin, with the priorities that it gives them, and the rule that they are of. */
const notifications = [
  ['Falco internal: syscall event drop', ['Debug', 'Critical'], 'Falco internal: syscall event drop'],
  ['Falco internal: timeouts notification', ['Debug'], 'Falco internal: timeouts notification'],
  ['Falco internal: hot restart failure', ['Critical'], 'Falco internal: hot restart failure'],
  ['Falco internal: capture size limit reached', ['Informational'], 'Falco internal: capture size limit reached'],
  ['Falco metrics snapshot (', ['Informational'], SNAPSHOT],
] as const

function ruleOf(priority: string, output: string): string | null {
  return (
    notifications.find(([words, priorities]) => output.startsWith(words) && priorities.some((own) => own === priority))?.[2] ??
    null
  )
}

function actOf(output: string, at: EventTime | null, severity: Severity, node: string | null): Act {
  const type = onlyType(output)
  return {
    class: 'detection',
    sensor: 'falco',
    rule: null,
    at,
    action: type === null ? null : doneOf({ 'evt.type': type }, null).action,
    target: null,
    access: null,
    subject: { ...nobody, node },
    severity,
    confidence: confidence.partial,
    effect: 'observed',
    actionTaken: null,
    tags: [TEXT_TAG],
  }
}

/** The system call, where the text names one and only one: a second would be somebody's argument, and nobody can say which of them. */
function onlyType(output: string): string | null {
  const [first, ...others] = [...output.matchAll(/(?<=[\s(|])evt[_.]type=([a-z0-9_]{1,32})(?![^\s)|])/g)]
  return first !== undefined && others.length === 0 ? (first[1] ?? null) : null
}

/** The numbers in the parentheses at the end of a notification. */
function countsIn(output: string): JsonObject {
  const inside = /\(([\w.= ]{0,2000})\)\s*$/.exec(output)?.[1] ?? ''
  return Object.fromEntries(
    [...inside.matchAll(/(?<=^| )([\w.]{1,64})=(\d{1,19})(?=$| )/g)].map(([, key, digits]) => [key, digits]),
  )
}

/** The moment, where the line has a whole date with its zone; a time of day alone says no day, and nobody knows whose day it would be. */
function timeOf(date: string | undefined, clock: string, zone: string | undefined, header: LineHeader | null): EventTime | null {
  if (date !== undefined) return zone === undefined ? null : rfc3339(`${date}T${clock}${zone}`)
  const at = header?.at ?? null
  return at === null ? null : beside(at, header?.zoneMinutes ?? 0, clock)
}

const DAY_MS = 86_400_000
/** How long a log daemon may take to write a line down. */
const BEHIND_MS = 60_000

/**
 * The moment within a minute before the log daemon's date at which a clock showed that time of day: Falco's clock has the daemon's zone or
 * is UTC. Null where neither fits: then the zone is another one and nobody knows which.
 */
function beside(written: EventTime, zoneMinutes: number, clock: string): EventTime | null {
  const writtenMs = eventMs(written)
  for (const minutes of new Set([zoneMinutes, 0])) {
    const shown = eventMs(`${written.slice(0, 10)}T${clock}Z`) - minutes * 60_000
    if (!Number.isFinite(shown)) return null
    const found = [shown - DAY_MS, shown, shown + DAY_MS].find((ms) => ms > writtenMs - BEHIND_MS && ms < writtenMs + 1000)
    if (found !== undefined) return rfc3339(`${new Date(found).toISOString().slice(0, 19)}.${clock.slice(9)}Z`)
  }
  return null
}
