import { LineReader, readManyLine } from '../../../core/judge/canonical-line.ts'
import { blocksOf } from '../../../core/judge/line-blocks.ts'
import { behaviourText } from '../../../core/judge/behaviour-line.ts'
import { sightingKey, sortedByKey } from '../../../core/judge/merge.ts'
import { readLine } from '../../../core/judge/evidence.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Behaviour, Fingerprint } from '../../../core/model/behaviour.ts'
import type { Intake } from '../../../core/model/intake.ts'
import { parseJson } from '../../../core/proof/json.ts'

type Behaviours = Intake['behaviours']

const NEWLINE = 0x0a

/** Where a line has its fingerprint, which comes first: `{"fingerprint":"rpf1:…`. */
const FROM = '{"fingerprint":"'.length
const TO = FROM + 'rpf1:'.length + 64
/** Fingerprints begin with this and then with any digit alike. */
const DIGITS_FROM = 'rpf1:'.length

/** Behaviours as the lines that they are sealed as, in order: blocks of whole lines, each with its newline. */
export function writeBehaviours(behaviours: Behaviours): readonly Uint8Array<ArrayBuffer>[] {
  return [...blocksOf(linesOf(behaviours))]
}

function* linesOf(behaviours: Behaviours): Generator<string, void> {
  for (const [, behaviour] of sortedByKey(behaviours)) yield behaviourText(behaviour)
}

/**
 * What {@link writeBehaviours} was given. Whoever only seals it again gets the lines; they are read when more is asked for. They stay
 * bytes until then: a thread hands these over without a copy, and they do not weigh on the collection of garbage.
 */
export function writtenBehaviours(blocks: readonly Uint8Array[]): Map<Fingerprint, Behaviour> {
  const written = new Map<Fingerprint, Behaviour>()
  for (const block of blocks) {
    for (let from = 0, end = 0; from < block.length; from = end + 1) {
      end = block.indexOf(NEWLINE, from)
      const behaviour = writtenBehaviour(block.subarray(from, end))
      written.set(behaviour.fingerprint, behaviour)
    }
  }
  return written
}

/** The behaviours in so many parts by their fingerprints: of one part all come before all of the next, and parts are about as large. */
export function partsOf(behaviours: Behaviours, count: number): readonly Map<Fingerprint, Behaviour>[] {
  const parts = Array.from({ length: count }, () => new Map<Fingerprint, Behaviour>())
  for (const [fingerprint, behaviour] of behaviours) {
    const begins = Number.parseInt(fingerprint.slice(DIGITS_FROM, DIGITS_FROM + 4), 16)
    parts[Math.floor((begins * count) / 0x1_0000)]?.set(fingerprint, behaviour)
  }
  return parts
}

function writtenBehaviour(bytes: Uint8Array): Behaviour {
  const line = (): string => decoder.decode(bytes)
  return {
    fingerprint: decoder.decode(bytes.subarray(FROM, TO)),
    get identity() {
      return readBehaviour(line()).identity
    },
    get sightings() {
      return readBehaviour(line()).sightings
    },
    get samples() {
      return readBehaviour(line()).samples
    },
    get line() {
      return line()
    },
  }
}

const decoder = new TextDecoder()
const reader = new LineReader()

function readBehaviour(line: string): Pick<Behaviour, 'identity' | 'sightings' | 'samples'> {
  reader.turnTo(line)
  const quick = readManyLine(reader)
  if (quick?.kind === 'behaviour' && reader.at === line.length) return quick.behaviour
  const read = readLine(parseJson(line))
  if (read.kind !== 'behaviour')
    throw new RunproofError('evidence.malformed', `not the line of a behaviour but of kind ${read.kind}`)
  const { identity, sightings, samples } = read
  return { identity, samples, sightings: new Map(sightings.map((sighting) => [sightingKey(sighting), sighting])) }
}
