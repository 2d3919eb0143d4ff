import type { Report } from '../../core/model/report.ts'
import { clip } from './visible.ts'
import { listed, plural } from './words.ts'

/**
 * By which rules secrets were taken out of the events, in a line each: the rules, and what they leave in. The reasons are data. Null: the
 * report is older than this statement.
 */
export function redactionLines({ redaction }: Report): { readonly rules: string; readonly leftIn: string | null } | null {
  if (redaction === undefined) return null
  const { rules, custom, excepted, disabled, digest } = redaction
  const own =
    digest === null
      ? ''
      : ` and ${custom === 0 ? 'no rule' : plural(custom, 'rule')} of the bundle (redaction.yaml, sha256 ${digest})`
  const leftIn = [
    ...(disabled.length === 0 ? [] : [`switched off: ${named(disabled)}`]),
    ...(excepted.length === 0 ? [] : [`exceptions: ${named(excepted)}`]),
  ]
  return {
    rules: `Secrets were taken out by the rules that ship with Runproof (${rules})${own}.`,
    leftIn: leftIn.length === 0 ? null : `Left in by the bundle’s own word: ${leftIn.join('; ')}.`,
  }
}

function named(all: readonly { readonly rule: string; readonly reason: string }[]): string {
  return listed(
    all.map(({ rule, reason }) => `${rule} (“${clip(reason, 200).kept}”)`),
    10,
  )
}
