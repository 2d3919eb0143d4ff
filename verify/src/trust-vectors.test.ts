// Runs every file of vectors/trust: what any implementation must accept and refuse. vectors/trust/README.md names the fields.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RunproofError } from '../../core/model/errors.ts'
import type { TrustedKey } from '../../core/model/trust.ts'
import { verifyKeyRotation } from '../../core/proof/key-rotation.ts'
import { pemFromSpki, spkiFromPem } from '../../core/proof/keys.ts'
import { parseVkey } from '../../core/proof/note.ts'
import { readBundle } from '../../core/proof/sigstore-bundle.ts'
import { NotVerified } from './check.ts'
import { beforeItsEnd } from './key-end.ts'
import { readTrust } from './trust.ts'

type Expect = { readonly ok: boolean; readonly says?: string; readonly code?: string; readonly [field: string]: unknown }
type Vector = { readonly why: string; readonly input: never; readonly expect: Expect }
type Outcome = { readonly [field: string]: unknown } | { readonly refused: string; readonly code?: string }

type EndInput = {
  readonly keys: readonly TrustedKey[]
  readonly keyId: string
  readonly place: { readonly origin: string; readonly index: string } | null
}
type RotationInput = {
  readonly byPrevious: unknown
  readonly byNext: unknown
  readonly previous: string
  readonly logs: readonly string[]
}

const areas: Readonly<Record<string, (input: never) => Promise<Outcome>>> = {
  async root({ trust }: { readonly trust: unknown }) {
    readTrust(JSON.stringify(trust))
    return {}
  },
  async 'key-end'({ keys, keyId, place }: EndInput) {
    const found = place === null ? { why: 'the bundle has no log entry' } : { origin: place.origin, index: BigInt(place.index) }
    return { words: await beforeItsEnd(keys, keyId, () => found, 'this report') }
  },
  async rotation({ byPrevious, byNext, previous, logs }: RotationInput) {
    const bundles = { byPrevious: readBundle(byPrevious), byNext: readBundle(byNext) }
    const known = logs.map(parseVkey).map(({ name, publicKey }) => ({ origin: name, publicKey }))
    const checked = await verifyKeyRotation(bundles, { previous: spkiFromPem(previous), logs: known })
    if (!checked.ok) return { refused: checked.why }
    return { next: pemFromSpki(checked.next), origin: checked.origin, index: String(checked.index) }
  },
}

const root = new URL('../../vectors/trust/', import.meta.url)

for (const [area, runs] of Object.entries(areas)) {
  const names = readdirSync(new URL(`${area}/`, root)).filter((name) => name.endsWith('.json'))
  test(`vectors/trust/${area} has cases of both kinds`, () => {
    const accepted = names.filter((name) => read(area, name).expect.ok).length
    assert.ok(accepted > 0 && accepted < names.length)
  })
  for (const name of names) {
    const { why, input, expect } = read(area, name)
    test(`vectors/trust/${area}/${name}: ${why}`, async () => {
      const outcome = await outcomeOf(() => runs(input))
      const { ok, says, code, ...fields } = expect
      if (ok) return assert.deepEqual(outcome, fields)
      assert.ok('refused' in outcome && typeof outcome.refused === 'string', 'it was accepted')
      assert.ok(outcome.refused.includes(says ?? assert.fail('says is missing')), outcome.refused)
      assert.equal(outcome['code'], code)
    })
  }
}

function read(area: string, name: string): Vector {
  return JSON.parse(readFileSync(new URL(`${area}/${name}`, root), 'utf8')) as Vector
}

async function outcomeOf(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof RunproofError) return { refused: error.message, code: error.code }
    if (error instanceof NotVerified) return { refused: error.message }
    throw error
  }
}
