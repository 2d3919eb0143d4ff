import type { SealedInputs, Sums } from '../model/sealed.ts'
import type { Window } from '../model/window.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { behaviourText } from './behaviour-line.ts'
import type { SealedLine } from './evidence.ts'
import { blocksOf } from './line-blocks.ts'
import { LineDigest } from './line-digest.ts'
import { sortedByKey } from './merge.ts'

export { open, openPieces } from './open.ts'

/**
 * The evidence of a window as canonical lines in canonical order, one Merkle leaf each, so that one finding can be proven to be in it
 * without disclosing the others (SPEC S1). The same inputs give the same bytes on every machine (S3).
 */
export function seal(inputs: SealedInputs): Sealing {
  return new Sealing(inputs)
}

/** Evidence on its way to where it is kept. Its lines are made while they are asked for, anew each time, and nothing holds them all. */
export class Sealing {
  readonly window: Window
  readonly #inputs: SealedInputs
  #sums: Sums | null = null

  constructor(inputs: SealedInputs) {
    this.window = inputs.window
    this.#inputs = inputs
  }

  /** Each line is canonical JSON without the newline. */
  get lines(): Iterable<string> {
    return canonicalLines(this.#inputs)
  }

  /** The lines as UTF-8, each with its newline, in blocks of whole lines. */
  *blocks(): Generator<Uint8Array<ArrayBuffer>, void> {
    const digest = new LineDigest()
    for (const block of blocksOf(this.lines)) {
      digest.take(block)
      yield block
    }
    this.#sums = { lines: digest.lines, ...digest.digests() }
  }

  /** What the lines add up to: known when the last block was asked for, and else found out by making them once more. */
  sums(): Sums {
    for (const blocks = this.blocks(); this.#sums === null;) blocks.next()
    return this.#sums
  }
}

function* canonicalLines(inputs: SealedInputs): Generator<string, void> {
  for (const line of sealedLines(inputs)) yield jcs(line as JsonValue)
  for (const [, behaviour] of sortedByKey(inputs.intake.behaviours)) yield behaviourText(behaviour)
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
