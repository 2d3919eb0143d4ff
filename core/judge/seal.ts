import { RunproofError } from '../model/errors.ts'
import type { Behaviour } from '../model/behaviour.ts'
import { PROCEDURE, type Sealed, type SealedInputs } from '../model/sealed.ts'
import type { Watch } from '../model/watch.ts'
import { utf8, hex } from '../proof/bytes.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { parseJson } from '../proof/json.ts'
import { leafHash, merkleRoot } from '../proof/merkle.ts'
import { sha256Hex } from '../proof/sha256.ts'
import { readLine, type SealedLine } from './evidence.ts'
import { sortedByKey, sightingKey, watchKey } from './merge.ts'

/**
 * The evidence of a window as canonical lines in canonical order, one Merkle leaf each, so that one finding can be proven to be in it
 * without disclosing the others (SPEC S1). The same inputs give the same bytes on every machine (S3).
 */
export function seal(inputs: SealedInputs): Sealed {
  const lines = canonicalLines(inputs)
  return { window: inputs.window, lines, ...digestsOf(lines) }
}

function canonicalLines(inputs: SealedInputs): readonly string[] {
  return sealedLines(inputs).map((line) => jcs(line as JsonValue))
}

/** Merkle root (RFC 6962) over the lines, and SHA-256 over all of them with their newlines; both hex. */
export function digestsOf(lines: readonly string[]): { readonly root: string; readonly digest: string } {
  const root = hex(merkleRoot(lines.map((line) => leafHash(utf8(line)))))
  return { root, digest: sha256Hex(lines.map((line) => `${line}\n`).join('')) }
}

/**
 * What was sealed, read back. Nothing is taken on trust: every line must be of its form, canonical, in order and there once.
 * @throws RunproofError `evidence.malformed` with the line's number
 */
export function open(sealed: Pick<Sealed, 'lines'>): SealedInputs {
  const read = sealed.lines.map(readSealedLine)
  const only = <K extends SealedLine['kind']>(kind: K): Extract<SealedLine, { kind: K }> => {
    const [line, ...more] = read.filter((line): line is Extract<SealedLine, { kind: K }> => line.kind === kind)
    if (!line || more.length > 0)
      throw new RunproofError(
        'evidence.malformed',
        `evidence must hold exactly one ${kind} line, not ${more.length + (line ? 1 : 0)}`,
      )
    return line
  }
  const of = <K extends SealedLine['kind']>(kind: K): Extract<SealedLine, { kind: K }>[] =>
    read.filter((line): line is Extract<SealedLine, { kind: K }> => line.kind === kind)
  const inputs: SealedInputs = {
    procedure: PROCEDURE,
    window: only('sealed').window,
    manifest: only('manifest').manifest,
    gate: only('gate').plan,
    blindSpots: only('blindSpots').sensors,
    intake: {
      behaviours: new Map(of('behaviour').map((line) => [line.fingerprint, behaviourOf(line)])),
      watch: new Map(of('watch').map(({ signal }) => [watchKey(signal as Watch), signal as Watch])),
      tally: new Map(Object.entries(only('tally').counts)),
    },
    facts: {
      previous: only('facts').previous,
      history: new Map(
        of('history').map(({ fingerprint, firstWindow, lastWindow, windows, controls, workloads }) => [
          fingerprint,
          { firstWindow, lastWindow, windows, controls, workloads },
        ]),
      ),
    },
  }
  // Sealing again must give the same lines: that is what "in order, complete, there once" means.
  const again = canonicalLines(inputs)
  const differs = sealed.lines.findIndex((line, index) => line !== again[index])
  if (differs >= 0 || again.length !== sealed.lines.length) {
    throw new RunproofError(
      'evidence.malformed',
      `evidence is not in canonical form at line ${(differs < 0 ? again.length : differs) + 1}`,
    )
  }
  return inputs
}

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
    ...sortedByKey(behaviours).map(([, behaviour]) => behaviourLine(behaviour)),
  ]
}

function behaviourLine({ fingerprint, identity, sightings, samples }: Behaviour): SealedLine {
  return {
    kind: 'behaviour',
    fingerprint,
    identity,
    sightings: sortedByKey(sightings).map(([, sighting]) => sighting),
    samples: samples.map((sample) => ({ ...sample, ancestors: [...sample.ancestors], tags: [...sample.tags] })),
  }
}

function behaviourOf({ fingerprint, identity, sightings, samples }: Extract<SealedLine, { kind: 'behaviour' }>): Behaviour {
  return { fingerprint, identity, sightings: new Map(sightings.map((sighting) => [sightingKey(sighting), sighting])), samples }
}

function readSealedLine(line: string, index: number): SealedLine {
  try {
    return readLine(parseJson(line))
  } catch (cause) {
    throw new RunproofError(
      'evidence.malformed',
      `evidence line ${index + 1}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
