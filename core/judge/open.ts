import type { Behaviour, Fingerprint } from '../model/behaviour.ts'
import { RunproofError } from '../model/errors.ts'
import { PROCEDURE, type Recurrence, type SealedInputs } from '../model/sealed.ts'
import type { Watch } from '../model/watch.ts'
import { parseCanonical } from '../proof/canonical.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { parseJson } from '../proof/json.ts'
import { BehavioursInOrder } from './behaviours-in-order.ts'
import { LineReader, readManyLine, type ManyLine } from './canonical-line.ts'
import { readLine, type SealedLine } from './evidence.ts'
import { sightingKey, watchKey } from './merge.ts'

/**
 * What was sealed, read back. Nothing is taken on trust: every line must be of its form, canonical, in order and there once.
 * @throws RunproofError `evidence.malformed` with the line's number
 */
export function open({ lines }: { readonly lines: Iterable<string> }): SealedInputs {
  const opening = new Opening()
  for (const line of lines) opening.take(line)
  return opening.inputs()
}

/**
 * As {@link open}, of bytes that come piece by piece, wherever they were cut.
 * @throws RunproofError `evidence.malformed`, also for what is no UTF-8 or ends within a line
 */
export async function openPieces(pieces: AsyncIterable<Uint8Array>): Promise<SealedInputs> {
  const opening = new Opening()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let begun = ''
  for await (const piece of pieces) {
    const text = begun + decoded(decoder, piece)
    const end = text.lastIndexOf('\n') + 1
    opening.takeAll(text.slice(0, end))
    begun = text.slice(end)
  }
  if (begun !== '' || decoded(decoder) !== '') throw malformed('the evidence does not end with a newline: it was cut')
  return opening.inputs()
}

/** The kinds of lines in the order in which they are sealed. */
const kinds = ['sealed', 'manifest', 'gate', 'blindSpots', 'tally', 'facts', 'history', 'watch', 'behaviour'] as const
type Kind = SealedLine['kind']
type Single = Exclude<SealedLine, { kind: 'history' | 'watch' | 'behaviour' }>
const ranks: ReadonlyMap<Kind, number> = new Map(kinds.map((kind, rank) => [kind, rank]))
const singles = kinds.slice(0, 6) as readonly Single['kind'][]

/**
 * Opens evidence line by line, so that it need not be there at once. That its lines are those that sealing would give again is seen from
 * each line and the one before it: each is canonical, each comes after the one before, and none that must be there is missing.
 */
export class Opening {
  readonly #reader = new LineReader(true)
  readonly #behaviours: Behaviour[] = []
  readonly #watch = new Map<string, Watch>()
  readonly #history = new Map<Fingerprint, Recurrence>()
  readonly #single = new Map<Kind, Single[]>()
  #lines = 0
  #rank = 0
  #key = ''
  /** The first line that is not where sealing would put it. Said only when every line has its form: that is the better reason. */
  #misplaced: number | null = null

  /** One line, without its newline. @throws RunproofError `evidence.malformed` when it is not of its form */
  take(line: string): void {
    const reader = this.#reader
    reader.turnTo(line)
    const read = readManyLine(reader)
    if (read !== null && reader.at === line.length) this.#keep(read)
    else this.#takeSlowly(line)
  }

  /** Any number of lines, each with its newline. @throws RunproofError as `take` */
  takeAll(lines: string): void {
    const reader = this.#reader
    reader.turnTo(lines)
    while (reader.at < lines.length) {
      const read = readManyLine(reader)
      if (read === null) {
        const end = lines.indexOf('\n', reader.at)
        this.#takeSlowly(lines.slice(reader.at, end))
        reader.at = end
      } else this.#keep(read)
      reader.at++
    }
  }

  /** What the lines said. @throws RunproofError `evidence.malformed` when lines are missing, too many or not in their order */
  inputs(): SealedInputs {
    for (const kind of singles) {
      const count = this.#single.get(kind)?.length ?? 0
      if (count !== 1) throw malformed(`evidence must hold exactly one ${kind} line, not ${count}`)
    }
    const { window, counts } = this.#only('sealed')
    const [history, watch, behaviours] = [this.#history, this.#watch, new BehavioursInOrder(this.#behaviours)]
    const isWhole = counts.history === history.size && counts.watch === watch.size && counts.behaviours === this.#distinct()
    // The first line says how many follow.
    const wrong = isWhole ? this.#misplaced : 1
    if (wrong !== null) throw malformed(`evidence is not in canonical form at line ${wrong}`)
    return {
      procedure: PROCEDURE,
      window,
      manifest: this.#only('manifest').manifest,
      gate: this.#only('gate').plan,
      blindSpots: this.#only('blindSpots').sensors,
      intake: { behaviours, watch, tally: new Map(Object.entries(this.#only('tally').counts)) },
      facts: { previous: this.#only('facts').previous, history },
    }
  }

  /** How many behaviours there are. What is in order has none twice. */
  #distinct(): number {
    if (this.#misplaced === null) return this.#behaviours.length
    return new Set(this.#behaviours.map(({ fingerprint }) => fingerprint)).size
  }

  #only<K extends Single['kind']>(kind: K): Extract<SealedLine, { kind: K }> {
    return this.#single.get(kind)?.[0] as Extract<SealedLine, { kind: K }>
  }

  /** A line that need not be canonical, of any kind, in so many words. */
  #takeSlowly(line: string): void {
    const number = this.#lines + 1
    const read = readSealedLine(line, number)
    if (jcs(inOrder(read) as JsonValue) !== line) this.#misplaced ??= number
    if (read.kind === 'behaviour') this.#keep({ kind: 'behaviour', behaviour: behaviourOf(read) })
    else if (read.kind === 'watch') this.#keep({ kind: 'watch', signal: read.signal as Watch })
    else if (read.kind === 'history') {
      const { kind, fingerprint, ...recurrence } = read
      this.#keep({ kind, fingerprint, recurrence })
    } else {
      this.#place(read.kind, '')
      const known = this.#single.get(read.kind)
      if (known) known.push(read)
      else this.#single.set(read.kind, [read])
    }
  }

  #keep(line: ManyLine): void {
    if (line.kind === 'behaviour') {
      const { behaviour } = line
      this.#place(line.kind, behaviour.fingerprint)
      this.#behaviours.push(behaviour)
    } else if (line.kind === 'watch') {
      const key = watchKey(line.signal)
      this.#place(line.kind, key)
      this.#watch.set(key, line.signal)
    } else {
      this.#place(line.kind, line.fingerprint)
      this.#history.set(line.fingerprint, line.recurrence)
    }
  }

  /** A line comes after those of earlier kinds and, within its kind, after every smaller key: so none is there twice. */
  #place(kind: Kind, key: string): void {
    const number = ++this.#lines
    const rank = ranks.get(kind) ?? 0
    const isAfter = number === 1 ? rank === 0 : rank > this.#rank || (rank === this.#rank && key > this.#key)
    if (!isAfter) this.#misplaced ??= number
    this.#rank = rank
    this.#key = key
  }
}

/** @throws RunproofError `evidence.malformed` with the line's number */
function readSealedLine(line: string, number: number): SealedLine {
  try {
    return readLine(parseCanonical(line) ?? parseJson(line))
  } catch (cause) {
    throw malformed(`evidence line ${number}: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function behaviourOf({ fingerprint, identity, sightings, samples }: Extract<SealedLine, { kind: 'behaviour' }>): Behaviour {
  return { fingerprint, identity, sightings: new Map(sightings.map((sighting) => [sightingKey(sighting), sighting])), samples }
}

/** The line as it is sealed: a behaviour's sightings by their keys, none twice. */
function inOrder(line: SealedLine): SealedLine {
  if (line.kind !== 'behaviour') return line
  const byKey = [...behaviourOf(line).sightings].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...line, sightings: byKey.map(([, sighting]) => sighting) }
}

/** The text as far as it goes; without a piece, what was begun and cannot go on. */
function decoded(decoder: TextDecoder, piece?: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: piece !== undefined })
  } catch (cause) {
    throw malformed('the evidence is not UTF-8', cause)
  }
}

function malformed(why: string, cause?: unknown): RunproofError {
  return new RunproofError('evidence.malformed', why, cause === undefined ? {} : { cause })
}
