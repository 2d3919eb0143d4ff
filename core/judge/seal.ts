import type { Sealed, SealedInputs } from '../model/sealed.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { behaviourText } from './behaviour-line.ts'
import type { SealedLine } from './evidence.ts'
import { digestsOf } from './line-digest.ts'
import { sortedByKey } from './merge.ts'

export { digestsOf } from './line-digest.ts'
export { open } from './open.ts'

/**
 * The evidence of a window as canonical lines in canonical order, one Merkle leaf each, so that one finding can be proven to be in it
 * without disclosing the others (SPEC S1). The same inputs give the same bytes on every machine (S3).
 */
export function seal(inputs: SealedInputs): Sealed {
  const lines = canonicalLines(inputs)
  return { window: inputs.window, lines, ...digestsOf(lines) }
}

function canonicalLines(inputs: SealedInputs): readonly string[] {
  const lines = sealedLines(inputs).map((line) => jcs(line as JsonValue))
  for (const [, behaviour] of sortedByKey(inputs.intake.behaviours)) lines.push(behaviourText(behaviour))
  return lines
}

/** All but the behaviours, which come last. */
function sealedLines({ procedure, window, manifest, gate, blindSpots, intake, facts }: SealedInputs): SealedLine[] {
  const { behaviours, watch, tally } = intake
  return [
    {
      kind: 'sealed',
      procedure,
      window,
      counts: { history: facts.history.size, watch: watch.size, behaviours: behaviours.size },
    },
    { kind: 'manifest', manifest },
    { kind: 'gate', plan: gate },
    { kind: 'blindSpots', sensors: blindSpots },
    { kind: 'tally', counts: Object.fromEntries(tally) },
    { kind: 'facts', previous: facts.previous },
    ...sortedByKey(facts.history).map(([fingerprint, { controls, workloads, ...recurrence }]) => ({
      kind: 'history' as const,
      fingerprint,
      ...recurrence,
      controls: [...controls],
      workloads: [...workloads],
    })),
    ...sortedByKey(watch).map(([, signal]) => ({
      kind: 'watch' as const,
      signal: signal as Extract<SealedLine, { kind: 'watch' }>['signal'],
    })),
  ]
}
