import { isDeepStrictEqual } from 'node:util'
import { equalBytes } from '../../../core/proof/bytes.ts'
import { formatCheckpointBody, readCheckpoint, verifyCheckpoint } from '../../../core/proof/checkpoint.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { formatNote, formatVkey, parseNote, parseVkey, verifyNote } from '../../../core/proof/note.ts'
import { readTar, writeTar } from '../../../core/proof/tar.ts'
import { readStatement, statementBytes } from '../../../core/proof/statement.ts'
import { decodeEntries, encodeEntries, parseTilePath, tileHashes, tilePath } from '../../../core/proof/tile.ts'
import { fromHex } from '../../../core/proof/bytes.ts'
import { readTrust } from '../../../verify/src/index.ts'
import { assessedSample } from '../../sample.ts'
import { mutateBytes, mutateJson, mutateLines } from '../mutate.ts'
import { corpusFiles, vectorsOf } from '../seeds.ts'
import { attempt, attemptAsync, bytesOf, holds, textOf, type Target } from '../target.ts'

type NoteVector = { input: { note?: string; checkpoint?: string; vkey?: string; verifiers?: string[] } }

/** Signed notes and the checkpoints in them; nothing but the genuine texts may verify. */
export const noteTarget: Target = {
  name: 'note',
  quick: 400,
  prepare() {
    const inputs = [...vectorsOf<NoteVector>('proof/note'), ...vectorsOf<NoteVector>('proof/checkpoint')].map(
      ({ input }) => input,
    )
    const envelopes = inputs.flatMap(({ note, checkpoint }) => note ?? checkpoint ?? [])
    const verifiers = inputs
      .flatMap(({ verifiers, vkey }) => verifiers ?? vkey ?? [])
      .flatMap((vkey) => attempt(() => parseVkey(vkey)))
      .flatMap((read) => (read.refused === null ? [read.value] : []))
    const genuine = new Set(envelopes.map((envelope) => envelope.slice(0, envelope.lastIndexOf('\n\n') + 1)))
    const vkeys = verifiers.map(formatVkey)
    return {
      seeds: [...new Set([...envelopes, ...vkeys])].map(bytesOf).concat(corpusFiles('trust/tessera/testdata/log/checkpoint*')),
      mutate: mutateLines,
      async check(input) {
        const envelope = textOf(input)
        const vkey = attempt(() => parseVkey(envelope))
        if (vkey.refused === null)
          holds(formatVkey(vkey.value) === envelope || !vkeys.includes(envelope), 'a verifier key has two spellings')
        const read = attempt(() => parseNote(envelope))
        if (read.refused !== null) return vkey.refused === null ? 'a verifier key' : read.refused
        holds(isDeepStrictEqual(parseNote(formatNote(read.value)), read.value), 'written again it is another note')
        const body = attempt(() => readCheckpoint(read.value.text))
        if (body.refused === null && body.value.extensions.length === 0)
          holds(formatCheckpointBody(body.value) === read.value.text, 'a checkpoint has two spellings')
        const verified = await attemptAsync(() => verifyNote(envelope, verifiers.slice(0, 3)))
        if (verified.refused === null) holds(genuine.has(verified.value.text), 'a text that nobody signed verifies')
        for (const { name, publicKey } of verifiers.slice(0, 2)) {
          const checked = await attemptAsync(() => verifyCheckpoint(envelope, { origin: name, publicKey }))
          if (checked.refused === null) return 'a genuine checkpoint'
        }
        return verified.refused ?? 'a genuine note'
      },
    }
  },
}

/** A path, a blank line, the bytes of an entry bundle or of a tile. */
export const tileTarget: Target = {
  name: 'tile',
  quick: 800,
  prepare() {
    const paths = vectorsOf<{ input: { path: string } }>('proof/tile-path').map(({ input }) => input.path)
    const bundles = vectorsOf<{ input: { bundle: string } }>('proof/entry-bundle').map(({ input }) => fromHex(input.bundle))
    return {
      seeds: [...paths.map(bytesOf), ...bundles, encodeEntries([new Uint8Array(0), new Uint8Array(300)]), new Uint8Array(96)],
      mutate: mutateBytes,
      check(input) {
        const path = textOf(input)
        const address = attempt(() => parseTilePath(path))
        if (address.refused === null) holds(tilePath(address.value) === path, 'a tile has two paths')
        for (let count = 0; count < 4; count++) {
          const entries = attempt(() => decodeEntries(input, count))
          if (entries.refused === null)
            holds(equalBytes(encodeEntries(entries.value), input), 'written again it is another entry bundle')
          const hashes = attempt(() => tileHashes(input, count))
          if (hashes.refused === null) holds(hashes.value.length === count, 'another number of hashes')
        }
        return address.refused ?? 'a tile path'
      },
    }
  },
}

/** In-toto statements, as payloads. */
export const statementTarget: Target = {
  name: 'statement',
  quick: 400,
  prepare() {
    const vectors = vectorsOf<{ input: { payload: string; predicateType: string } }>('proof/statement')
    return {
      seeds: vectors.map(({ input }) => new Uint8Array(Buffer.from(input.payload, 'base64'))),
      mutate: mutateJson,
      check(input) {
        const read = attempt(() => readStatement(input, vectors[0]?.input.predicateType ?? ''))
        if (read.refused !== null) return read.refused
        const again = attempt(() => readStatement(statementBytes(read.value), read.value.predicateType))
        holds(again.refused === null && isDeepStrictEqual(again.value, read.value), 'written again it is another statement')
        return 'accepted'
      },
    }
  },
}

const tarLimits = { members: 20, memberBytes: 100_000, totalBytes: 200_000 }

/** Archives: never more than the limits allow, and what was read is written and read as the same members. */
export const tarTarget: Target = {
  name: 'tar',
  quick: 600,
  prepare: () => ({
    seeds: [
      writeTar(new Map()),
      writeTar(
        new Map([
          ['report.json', bytesOf('{}')],
          ['decisions/a.json', bytesOf('x'.repeat(600))],
        ]),
      ),
      writeTar(
        new Map([
          [`${'d'.repeat(90)}/${'f'.repeat(90)}`, bytesOf('long')],
          ['e', new Uint8Array(512)],
        ]),
      ),
      ...corpusFiles('**/*.tar'),
    ],
    // Headers carry a checksum: half of the damages are given the right one, or nothing behind it would ever be read.
    mutate: (input, random, others) =>
      random.chance(0.5) ? withChecksums(mutateBytes(input, random, others)) : mutateBytes(input, random, others),
    check(input) {
      const read = attempt(() => readTar(input, tarLimits))
      if (read.refused !== null) return read.refused
      let total = 0
      for (const [name, bytes] of read.value) {
        total += bytes.length
        holds(
          !name.split('/').some((part) => part === '' || part === '.' || part === '..'),
          `it lets ${JSON.stringify(name)} through`,
        )
        holds(/^[ -~]+$/.test(name) && !name.includes('\\'), `it lets ${JSON.stringify(name)} through`)
      }
      holds(total <= tarLimits.totalBytes && read.value.size <= tarLimits.members, 'it holds more than the limits allow')
      const again = attempt(() => readTar(writeTar(read.value), tarLimits))
      holds(again.refused === null && isDeepStrictEqual(again.value, read.value), 'written again it is another archive')
      return 'accepted'
    },
  }),
}

const NO_TAR_BYTES = 512
function withChecksums(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  for (let at = 0; at + NO_TAR_BYTES <= copy.length; at += NO_TAR_BYTES) {
    if (Buffer.from(copy.subarray(at + 257, at + 262)).toString('latin1') !== 'ustar') continue
    copy.set(bytesOf('        '), at + 148)
    const sum = copy.subarray(at, at + NO_TAR_BYTES).reduce((total, byte) => total + byte, 0)
    copy.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148)
  }
  return copy
}

/** A trust root: what auditors keep by hand. */
export const trustTarget: Target = {
  name: 'trust',
  quick: 160,
  async prepare() {
    const { trust } = await assessedSample()
    return {
      seeds: [bytesOf(JSON.stringify(trust))],
      mutate: mutateJson,
      check(input) {
        const text = textOf(input)
        const read = attempt(() => readTrust(text))
        if (read.refused !== null) return read.refused
        holds(isDeepStrictEqual(read.value, parseJson(text)), 'it reads something else than what is written')
        return 'accepted'
      },
    }
  },
}
