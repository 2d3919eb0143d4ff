import type { Severity } from '../../../core/model/severity.ts'
import { clip } from '../subject.ts'

/** What a check says to people. */
export type CheckWords = {
  readonly title: string | null
  readonly expected: string | null
  readonly actual: string | null
  /** What to do where it fails. */
  readonly remediation: string | null
}

/** So much of a value is kept beside a finding. */
const VALUE = 500
const TEXT = 2000

/** The words as tags of an act, which is how they travel into evidence and report. Empty ones are left out. */
export function checkTags({ title, expected, actual, remediation }: CheckWords): readonly string[] {
  return (
    [
      ['title', title, VALUE],
      ['expected', expected, VALUE],
      ['actual', actual, VALUE],
      ['remediation', remediation, TEXT],
    ] as const
  ).flatMap(([name, text, limit]) => (text === null || text.trim() === '' ? [] : [`${name}: ${clip(text.trim(), limit)}`]))
}

const words: ReadonlyMap<string, Severity> = new Map([
  ['info', 'info'],
  ['informational', 'info'],
  ['none', 'info'],
  ['low', 'low'],
  ['minor', 'low'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['high', 'high'],
  ['major', 'high'],
  ['critical', 'critical'],
])

/** A word of a report's author on our scale; one that nobody knows is high, none is none. */
export function severityOfWord(word: string | null): Severity | null {
  return word === null || word.trim() === '' ? null : (words.get(word.trim().toLowerCase()) ?? 'high')
}
