import { visibleText } from '../lib/visible-text.ts'
import { pathText, type Path, type Position } from './problem.ts'

/** `warning`: a promise that is weaker, or harder to act on, than it looks. `note`: something to know; `--strict` lets it pass. */
export type LintLevel = 'warning' | 'note'

/** An id is never given to another rule; docs/formats/manifest.md lists them, and a test holds the two together. */
export const lintRules = {
  RP001: { level: 'warning', title: 'a control without an owner' },
  RP002: { level: 'warning', title: 'a control without a remediation' },
  RP003: { level: 'warning', title: 'a control without frameworks' },
  RP004: { level: 'warning', title: 'a control id that does not say scope and intent' },
  RP005: { level: 'warning', title: 'a control without a statement' },
  RP006: { level: 'warning', title: 'a workload that no control applies to' },
  RP010: { level: 'warning', title: 'a sensor without nodes' },
  RP011: { level: 'warning', title: 'Falco with liveness activity' },
  RP012: { level: 'note', title: 'Falco’s heartbeat needs its metrics switched on' },
  RP013: { level: 'warning', title: 'liveness heartbeat for a sensor that sends none' },
  RP014: { level: 'warning', title: 'tolerated event loss' },
  RP015: { level: 'warning', title: 'tolerated blind time' },
  RP016: { level: 'warning', title: 'a workload’s node that a sensor does not watch' },
  RP017: { level: 'warning', title: 'a liveness interval that does not fit the window' },
  RP018: { level: 'warning', title: 'a required sensor that no control rests on' },
  RP020: { level: 'warning', title: 'evidence that maps every rule of a sensor' },
  RP021: { level: 'warning', title: 'an allow list with a boundless entry' },
  RP022: { level: 'warning', title: 'a pattern that can never match a normalised path' },
  RP023: { level: 'warning', title: 'a path pattern that does not start at the root' },
  RP024: { level: 'warning', title: 'an allow list of destinations without those that the workload listens on' },
  RP030: { level: 'warning', title: 'no approvers' },
  RP031: { level: 'warning', title: 'findings that no control maps are only listed' },
  RP032: { level: 'warning', title: 'enforce without a way back' },
  RP033: { level: 'warning', title: 'enforce with sensors that cannot refuse anything' },
  RP034: { level: 'warning', title: 'a review threshold that is harder to reach than the one to fail' },
  RP035: { level: 'warning', title: 'two people needed and fewer named' },
  RP040: { level: 'warning', title: 'windows that start at another hour every day' },
  RP041: { level: 'note', title: 'weekly windows start on a Thursday' },
} as const satisfies Readonly<Record<string, { readonly level: LintLevel; readonly title: string }>>
export type LintRule = keyof typeof lintRules

/** A finding of the lint before its place is known. */
export type Hint = {
  readonly rule: LintRule
  readonly path: Path
  readonly key?: boolean
  readonly message: string
  readonly fix: string
}

export type Warning = Position & {
  readonly rule: LintRule
  readonly level: LintLevel
  readonly file: string
  readonly path: string
  readonly message: string
  readonly fix: string
}

export function warningOf({ rule, path, message, fix }: Hint, { line, column }: Position, file: string): Warning {
  return { rule, level: lintRules[rule].level, file, line, column, path: pathText(path), message, fix }
}

export function warningText({ rule, level, file, line, column, path, message, fix }: Warning): string {
  return `${file}:${line}:${column}: ${level} ${rule}:${path === '' ? '' : ` ${path}:`} ${visibleText(message)}\n  fix: ${visibleText(fix)}`
}
