// Vectors of other projects, where they are at hand: the other eye on what our own tests take for granted.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { base64, fromBase64, fromUtf8, hex, utf8 } from './bytes.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { pae } from './dsse.ts'
import { p1363ToDer, verifyEcdsaP256 } from './ecdsa.ts'
import { corpus, skipWithoutCorpus as skip } from './fixtures.test.ts'
import { type JsonValue, jcs } from './jcs.ts'
import { leafHash, merkleRoot, verifyConsistency, verifyInclusion } from './merkle.ts'
import { formatVkey, parseVkey, verifyNote } from './note.ts'
import { hashedRekordBody } from './rekor.ts'
import { decodeEntries, tilePath, tilesFor, tilesOf } from './tile.ts'

const read = (path: string) => readFileSync(new URL(path, corpus))
const json = (path: string) => JSON.parse(read(path).toString()) as Record<string, JsonValue>

type ProofCase = {
  readonly name: string
  readonly wantErr: boolean
  readonly field: (name: string) => string
  readonly proof: readonly Uint8Array[]
}

/** Sizes are uint64 there: they are taken as text before JSON.parse rounds them. */
function proofCases(folder: string): readonly ProofCase[] {
  const names = readdirSync(new URL(folder, corpus), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  )
  return names.map((name) => {
    const text = read(`${folder}/${name.replaceAll('%', '%25').replaceAll('?', '%3f').replaceAll('#', '%23')}`).toString()
    const fields = JSON.parse(text.replaceAll(/("(?:leafIdx|treeSize|size1|size2)"): (\d+)/g, '$1: "$2"')) as Record<
      string,
      unknown
    >
    const field = (key: string) => fields[key] as string
    const hashes = (fields['proof'] ?? []) as readonly string[]
    return { name, wantErr: fields['wantErr'] === true, field, proof: hashes.map((hash) => lenient(hash)) }
  })
}

const lenient = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

function holds(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'proof.invalid')
    return false
  }
}

test('inclusion proofs of transparency-dev/merkle', { skip }, () => {
  const cases = proofCases('merkle/testdata/inclusion')
  assert.equal(cases.length, 98)
  const differing = cases.filter(({ wantErr, field, proof }) => {
    const inclusion = {
      index: BigInt(field('leafIdx')),
      size: BigInt(field('treeSize')),
      leafHash: lenient(field('leafHash')),
      proof,
    }
    return holds(() => verifyInclusion({ ...inclusion, root: lenient(field('root')) })) === wantErr
  })
  assert.deepEqual(
    differing.map(({ name }) => name),
    [],
  )
})

test('consistency proofs of transparency-dev/merkle, but for roots that are no hashes', { skip }, () => {
  const cases = proofCases('merkle/testdata/consistency')
  assert.equal(cases.length, 98)
  const differing = cases.filter(({ wantErr, field, proof }) => {
    const sizes = { size1: BigInt(field('size1')), size2: BigInt(field('size2')) }
    const roots = { root1: lenient(field('root1')), root2: lenient(field('root2')) }
    return holds(() => verifyConsistency({ ...sizes, ...roots, proof })) === wantErr
  })
  // One case is accepted there: equal sizes, and as roots any equal bytes.
  assert.equal(differing.length, 1)
  for (const { wantErr, field } of differing) assert.ok(!wantErr && lenient(field('root1')).length !== 32)
})

test('the note and the tile sizes of the C2SP specifications', { skip }, async () => {
  const { vkey, note } = json('c2sp/signed-note-vector.json') as { vkey: string; note: string }
  const verifier = parseVkey(vkey)
  assert.equal(formatVkey(verifier), vkey)
  assert.equal((await verifyNote(note, [verifier])).text, 'This is an example message.\n')
  await assert.rejects(verifyNote(note.replace('example m', 'Example m'), [verifier]), { code: 'signature.invalid' })

  const { indexPath } = json('c2sp/tlog-tiles-examples.json') as { indexPath: Record<string, string> }
  for (const [index, path] of Object.entries(indexPath)) {
    assert.equal(tilePath({ level: 0, index: Number(index), width: 256 }), `tile/0/${path}`)
  }
})

test('the DSSE protocol’s vector, whose signature is r‖s', { skip }, async () => {
  const vector = json('dsse/dsse-protocol-vector.json') as {
    payloadType: string
    body: string
    pae: string
    sig: string
    key: { x: string; y: string }
  }
  const encoded = pae(vector.payloadType, utf8(vector.body))
  assert.equal(fromUtf8(encoded), vector.pae)
  const coordinate = (decimal: string) => Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(vector.key.x), y: coordinate(vector.key.y) }
  const spki = new Uint8Array(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }))
  const signature = p1363ToDer(fromBase64(vector.sig))
  assert.equal(await verifyEcdsaP256(spki, encoded, signature), true)
  assert.equal(await verifyEcdsaP256(spki, utf8(vector.body), signature), false)
})

test('a log that Tessera wrote: every checkpoint, tile and root', { skip }, async () => {
  const vkey = /LOG_PUBLIC_KEY="([^"]+)"/.exec(read('tessera/testdata/build_log.sh').toString())?.[1] ?? ''
  const { name: origin, publicKey } = parseVkey(vkey)
  const entries = decodeEntries(read('tessera/testdata/log/tile/entries/000.p/15'), 15)
  for (let size = 1; size <= 15; size++) {
    const checkpoint = await verifyCheckpoint(read(`tessera/testdata/log/checkpoint.${size}`).toString(), { origin, publicKey })
    const hashes = entries.slice(0, size).map(leafHash)
    assert.equal(checkpoint.size, BigInt(size))
    assert.equal(hex(checkpoint.root), hex(merkleRoot(hashes)))
    for (const tile of tilesFor(hashes)) assert.equal(hex(read(`tessera/testdata/log/${tilePath(tile)}`)), hex(tile.data))
  }
  assert.equal(tilesOf(15).length, 1)
})

test('the leaf that Sigstore’s own log made of a DSSE envelope, but for its certificate in place of our key', { skip }, () => {
  type Signature = { verifier: { x509Certificate: JsonValue; keyDetails: JsonValue } }
  const bundle = json('sigstore-conformance/test/assets/bundle-verify/rekor2-dsse-happy-path/bundle.sigstore.json')
  const { payload, payloadType, signatures } = bundle['dsseEnvelope'] as {
    payload: string
    payloadType: string
    signatures: readonly { sig: string }[]
  }
  const [entry] = (bundle['verificationMaterial'] as { tlogEntries: readonly { canonicalizedBody: string }[] }).tlogEntries
  const logged = fromUtf8(fromBase64(entry?.canonicalizedBody ?? ''))
  const object = {
    payloadType,
    payload: fromBase64(payload),
    signatureDer: fromBase64(signatures[0]?.sig ?? ''),
    spki: new Uint8Array(),
  }
  const ours = JSON.parse(fromUtf8(hashedRekordBody(object))) as {
    spec: { hashedRekordV002: { signature: { verifier: JsonValue } } }
  }
  const theirs = JSON.parse(logged) as { spec: { hashedRekordV002: { signature: Signature } } }
  ours.spec.hashedRekordV002.signature.verifier = theirs.spec.hashedRekordV002.signature.verifier
  assert.equal(jcs(ours), logged)
  assert.equal(base64(utf8(logged)), entry?.canonicalizedBody)
})
