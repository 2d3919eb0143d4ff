import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareVersions, parseRange, parseVersion } from './semver.ts'

function lies(version: string, range: string): boolean | null {
  const [parsed, test] = [parseVersion(version), parseRange(range)]
  return parsed === null || test === null ? null : test(parsed)
}

test('comparisons side by side must all hold, alternatives need one', () => {
  assert.equal(lies('1.5.0', '>=1.0.0 <2.0.0'), true)
  assert.equal(lies('2.0.0', '>=1.0.0 <2.0.0'), false)
  assert.equal(lies('1.5.0', '>=1.0.0 !1.5.0'), false)
  assert.equal(lies('0.1.0', '<1.0.0 || >=2.0.0'), true)
  assert.equal(lies('1.1.0', '<1.0.0 || >=2.0.0'), false)
  assert.equal(lies('1.2.3', '> 1.0.0'), true)
})

test('`x` stands for any number', () => {
  for (const [version, range, expected] of [
    ['1.9.0', '1.x', true],
    ['2.0.0', '1.x', false],
    ['1.2.9', '1.2.x', true],
    ['1.3.0', '1.2.x', false],
    ['1.3.0', '>1.2.x', true],
    ['1.2.5', '>1.2.x', false],
    ['1.2.5', '<=1.2.x', true],
    ['1.2.5', '!=1.2.x', false],
    ['1.0.0', '<1.x', false],
  ] as const)
    assert.equal(lies(version, range), expected, `${version} ${range}`)
})

test('a pre-release comes before its release, build metadata does not count', () => {
  const order = ['1.0.0-1', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-rc.2', '1.0.0-rc.11', '1.0.0', '1.0.1']
  for (const [at, version] of order.entries())
    for (const [other, later] of order.entries()) {
      const [a, b] = [parseVersion(version), parseVersion(later)]
      assert.ok(a && b)
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(at - other), `${version} ${later}`)
    }
  assert.equal(lies('1.2.3+a', '=1.2.3+b'), true)
  assert.equal(lies('5.2.15-2+b8', '>=5.2.0'), true)
})

test('what is no version and what is no range is refused', () => {
  for (const version of [
    '',
    '1',
    '1.2',
    'v1.2.3',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3+',
    '1.2.3-a..b',
    '18446744073709551616.0.0',
    '1.2.3 ',
  ])
    assert.equal(parseVersion(version), null, version)
  for (const range of [
    '',
    'abc',
    '^1.0.0',
    '~1.2',
    '>1',
    '*',
    'x',
    '|| >1.0.0',
    '>1.0.0 ||',
    '>=1.0.0,<2.0.0',
    '=>1.0.0',
    '>1.0.0 || || <0.1.0',
    '>1.0.0 é',
  ])
    assert.equal(parseRange(range), null, range)
})

test('property: of two versions one is less, or they are equal', () => {
  const number = fc.integer({ min: 0, max: 3 })
  const version = fc
    .tuple(number, number, number, fc.constantFrom('', '-1', '-a', '-a.1'))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`)
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal([lies(a, `<${b}`), lies(a, `=${b}`), lies(a, `>${b}`)].filter(Boolean).length, 1)
      assert.equal(lies(a, `>=${b}`), lies(b, `<=${a}`))
      assert.notEqual(lies(a, `!=${b}`), lies(a, `==${b}`))
    }),
  )
})
