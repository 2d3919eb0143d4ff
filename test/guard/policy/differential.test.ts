import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileNetwork } from '../../../src/guard/policy/network-set.ts'
import { networkEntry } from '../../../src/guard/policy/network-entry.ts'
import { normalisePath } from '../../../src/guard/policy/normalise-path.ts'
import { pathForms } from '../../../src/guard/policy/path-pattern.ts'
import { compilePaths } from '../../../src/guard/policy/path-set.ts'
import { randomAddress, randomEntry, randomFrom, randomNetworkEntry, randomPath, type Random } from './random-policy.ts'
import { referenceNetwork, referencePath } from './reference-matcher.ts'

/** More by hand: RUNPROOF_GUARD_CASES=1000000 ./runproof dev test test/guard/policy */
const CASES = Number(process.env['RUNPROOF_GUARD_CASES'] ?? 40_000)
const SEED = Number(process.env['RUNPROOF_GUARD_SEED'] ?? 20_260_301)

/** Entries that the format takes, with what it makes of them. */
function taken<T>(
  random: Random,
  count: number,
  make: () => string,
  read: (entry: string) => T,
): { entries: string[]; forms: T[] } {
  const [entries, forms]: [string[], T[]] = [[], []]
  for (let tries = 0; entries.length < count && tries < count * 20; tries++) {
    const entry = make()
    try {
      forms.push(read(entry))
      entries.push(entry)
    } catch (error) {
      assert.equal((error as { readonly code?: string }).code, 'format.malformed', entry)
    }
  }
  assert.ok(entries.length > 0, String(random(1)))
  return { entries, forms }
}

for (const matching of ['strict', 'compat'] as const) {
  test(`${matching}: the compiled matcher and the slow one say the same of every path`, () => {
    const random = randomFrom(SEED)
    let [checked, matched] = [0, 0]
    while (checked < CASES) {
      const count = 1 + random(random(4) === 0 ? 60 : 8)
      const make = (): string => randomEntry(random, matching)
      const { entries, forms } = taken(random, count, make, (entry) => pathForms(entry, matching))
      const set = compilePaths(forms)
      for (let i = 0; i < 40; i++, checked++) {
        const path = randomPath(random, entries)
        const expected = referencePath(entries, path, matching)
        const found = set.find(matching === 'strict' ? normalisePath(path) : path)
        if (found !== expected)
          assert.fail(`${JSON.stringify(path)} in ${JSON.stringify(entries)}: ${found}, and ${expected} by the book`)
        if (found >= 0) matched++
      }
    }
    // Cases that never match would agree about nothing.
    assert.ok(matched > checked / 10 && matched < checked * 0.95, `${matched} of ${checked}`)
  })
}

test('the compiled intervals and the slow reading of networks say the same of every address', () => {
  const random = randomFrom(SEED)
  let [checked, matched, none] = [0, 0, 0]
  const cases = Math.ceil(CASES / 4)
  while (checked < cases) {
    const { entries, forms } = taken(random, 1 + random(12), () => randomNetworkEntry(random), networkEntry)
    const set = compileNetwork(forms)
    for (let i = 0; i < 40; i++, checked++) {
      const [address, port] = [randomAddress(random), random(2) === 0 ? 443 : random(65_536)]
      const expected = referenceNetwork(entries, address, port)
      const found = set.find(address, port)
      if (found !== expected)
        assert.fail(`${address} port ${port} in ${JSON.stringify(entries)}: ${found}, and ${expected} by the book`)
      if (found >= 0) matched++
      if (found === -2) none++
    }
  }
  assert.ok(matched > checked / 10 && none > 0, `${matched} and ${none} of ${checked}`)
})
