/**
 * Writes the sample's event files: a made-up day of the application `payments` as Falco and Tetragon would have reported it. No clock
 * and no chance: the same bytes in every run. `node samples/payments/generate.ts`, then `generate.test.ts` says whether the files
 * in the repository are these.
 */
import { writeFileSync } from 'node:fs'
import { alertLine, heartbeats } from './generator/falco.ts'
import { alerts, cutOff } from './generator/falco-story.ts'
import type { Line } from './generator/line.ts'
import { tetragonLines } from './generator/tetragon-story.ts'

/** File name, relative to this folder → its whole text. */
export function generate(): ReadonlyMap<string, string> {
  const falco = alerts()
  return new Map([
    ['events/falco.ndjson', fileOf([...falco.map(alertLine), ...heartbeats(falco)])],
    ['events/tetragon.ndjson', fileOf(tetragonLines())],
  ])
}

/** In the order of time, as a sensor writes; in the middle of the file one line is a cut-off copy of the one before it. */
function fileOf(lines: readonly Line[]): string {
  const ordered = lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const middle = ordered.length >> 1
  const whole = ordered[middle]
  const all = whole ? ordered.toSpliced(middle + 1, 0, cutOff(whole)) : ordered
  return all.map(({ text }) => `${text}\n`).join('')
}

if (import.meta.main) {
  for (const [name, text] of generate()) writeFileSync(new URL(name, import.meta.url), text)
}
