// Runs every file of vectors/proof: what any implementation must accept and refuse. vectors/proof/README.md names the fields.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RunproofError } from '../model/errors.ts'
import { base64, fromBase64, fromHex, fromUtf8, hex, utf8 } from './bytes.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { readEnvelope, verifyEnvelope } from './dsse.ts'
import { derToP1363, keyHint, spkiFromPem } from './ecdsa.ts'
import { type JsonValue, jcs } from './jcs.ts'
import { parseJson } from './json.ts'
import { leafHash, merkleRoot, verifyConsistency, verifyInclusion } from './merkle.ts'
import { parseVkey, verifyNote } from './note.ts'
import { sha256Hex } from './sha256.ts'
import { checkLogEntry, readBundle } from './sigstore-bundle.ts'
import { readStatement } from './statement.ts'
import { decodeEntries, parseTilePath } from './tile.ts'

type Outcome = { readonly ok: true; readonly [field: string]: unknown } | { readonly ok: false; readonly why: string }
type Vector = {
  readonly why: string
  readonly input: unknown
  /** A refusal `says` a part of our reason, so that it is refused for what it is about. */
  readonly expect: { readonly ok: boolean; readonly says?: string; readonly code?: string }
}

const hexes = (texts: readonly string[]) => texts.map(fromHex)
const logOf = (vkey: string) => {
  const { name: origin, publicKey } = parseVkey(vkey)
  return { origin, publicKey }
}

/** The field names of an area's vectors; a vector that lacks one fails its test. */
const reads =
  <Input>(run: (input: Input) => Outcome | Promise<Outcome>) =>
  (input: unknown) =>
    run(input as Input)
type Texts = readonly string[]

const areas: Readonly<Record<string, (input: unknown) => Outcome | Promise<Outcome>>> = {
  base64: reads<{ text: string; urlSafe: boolean }>(({ text, urlSafe }) => ({
    ok: true,
    hex: hex(fromBase64(text, { urlSafe })),
  })),
  json: reads<{ text: string }>(({ text }) => ({ ok: true, canonical: jcs(parseJson(text)) })),
  jcs: reads<{ text: string }>(({ text }) => {
    const canonical = jcs(JSON.parse(text) as JsonValue)
    return { ok: true, canonical, sha256: sha256Hex(canonical) }
  }),
  'merkle-root': reads<{ leafHashes: Texts }>(({ leafHashes }) => ({ ok: true, root: hex(merkleRoot(hexes(leafHashes))) })),
  inclusion: reads<{ index: string; size: string; entry: string; proof: Texts; root: string }>((input) => {
    const { index, size, entry, proof, root } = input
    const inclusion = { index: BigInt(index), size: BigInt(size), leafHash: leafHash(utf8(entry)), proof: hexes(proof) }
    verifyInclusion({ ...inclusion, root: fromHex(root) })
    return { ok: true }
  }),
  consistency: reads<{ size1: string; size2: string; root1: string; root2: string; proof: Texts }>((input) => {
    const sizes = { size1: BigInt(input.size1), size2: BigInt(input.size2) }
    verifyConsistency({ ...sizes, root1: fromHex(input.root1), root2: fromHex(input.root2), proof: hexes(input.proof) })
    return { ok: true }
  }),
  note: reads<{ note: string; verifiers: Texts }>(async ({ note, verifiers }) => {
    const { text, verifiedBy } = await verifyNote(note, verifiers.map(parseVkey))
    return { ok: true, text, verifiedBy: verifiedBy.map(({ name }) => name) }
  }),
  checkpoint: reads<{ checkpoint: string; vkey: string }>(async ({ checkpoint, vkey }) => {
    const { origin, size, root, extensions } = await verifyCheckpoint(checkpoint, logOf(vkey))
    return { ok: true, origin, size: String(size), root: base64(root), extensions }
  }),
  'tile-path': reads<{ path: string }>(({ path }) => ({ ok: true, ...parseTilePath(path) })),
  'entry-bundle': reads<{ bundle: string; count: number }>(({ bundle, count }) => {
    return { ok: true, entries: decodeEntries(fromHex(bundle), count).map(hex) }
  }),
  'ecdsa-der': reads<{ der: string }>(({ der }) => {
    const signature = derToP1363(fromHex(der))
    return signature ? { ok: true, signature: hex(signature) } : { ok: false, why: 'not DER' }
  }),
  dsse: reads<{ envelope: unknown; keys: Texts; payloadType: string }>(async ({ envelope, keys, payloadType }) => {
    const signers = keys.map(spkiFromPem).map((spki) => ({ keyId: keyHint(spki), spki }))
    const check = await verifyEnvelope(readEnvelope(envelope), signers, payloadType)
    return check.ok ? { ok: true, payload: fromUtf8(check.payload), keyId: check.keyId } : check
  }),
  'log-entry': reads<{ bundle: unknown; key: string; logs: Texts }>(async ({ bundle, key, logs }) => {
    const check = await checkLogEntry(readBundle(bundle), { logs: logs.map(logOf), spki: spkiFromPem(key) })
    return check.ok
      ? { ok: true, origin: check.log.origin, index: String(check.index), size: String(check.checkpoint.size) }
      : check
  }),
  statement: reads<{ payload: string; predicateType: string }>(({ payload, predicateType }) => {
    const { subject, predicate } = readStatement(fromBase64(payload), predicateType)
    return { ok: true, subject, predicate }
  }),
}

const folder = new URL('../../vectors/proof/', import.meta.url)
const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

test('every area has vectors, and every folder of vectors is an area', () => {
  assert.deepEqual(found.map(({ name }) => name).sort(), Object.keys(areas).sort())
})

for (const [area, run] of Object.entries(areas)) {
  const names = readdirSync(new URL(area, folder)).filter((name) => name.endsWith('.json'))
  const vectors = names.map((name) => ({
    name,
    vector: JSON.parse(readFileSync(new URL(`${area}/${name}`, folder), 'utf8')) as Vector,
  }))

  test(`${area}: something is accepted and something refused`, () => {
    assert.ok(vectors.some(({ vector }) => vector.expect.ok))
    assert.ok(vectors.some(({ vector }) => !vector.expect.ok))
  })

  for (const { name, vector } of vectors) {
    test(`vectors/proof/${area}/${name}: ${vector.why}`, async () => {
      const { outcome, code } = await outcomeOf(() => run(vector.input))
      if (outcome.ok || vector.expect.ok) return assert.deepEqual(outcome, vector.expect)
      assert.equal(code, vector.expect.code)
      assert.ok(vector.expect.says && outcome.why.includes(vector.expect.says), outcome.why)
    })
  }
}

async function outcomeOf(run: () => Outcome | Promise<Outcome>): Promise<{ readonly outcome: Outcome; readonly code?: string }> {
  try {
    return { outcome: await run() }
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    return { outcome: { ok: false, why: error.message }, code: error.code }
  }
}
