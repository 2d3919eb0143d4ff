import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePatterns } from './glob.ts'

const cases: readonly [pattern: string, text: string, matches: boolean][] = [
  ['/usr/bin/bash', '/usr/bin/bash', true],
  ['/usr/bin/bash', '/usr/bin/bash2', false],
  ['/usr/bin/*', '/usr/bin/bash', true],
  ['/usr/bin/*', '/usr/bin/x/bash', false],
  ['/usr/**', '/usr/bin/x/bash', true],
  ['/usr/**/bash', '/usr/bash', true],
  ['/usr/**/bash', '/usr/bin/x/bash', true],
  ['/usr/**/bash', '/usr/binbash', false],
  ['**/bash', 'bash', true],
  ['**/bash', '/bin/bash', true],
  ['**/bash', '/bin/rbash', false],
  ['/lib/python3.?/*', '/lib/python3.1/x', true],
  ['/lib/?', '/lib//', false],
  ['{/bin,/usr/bin}/{ba,z}sh', '/usr/bin/zsh', true],
  ['{/bin,/usr/bin}/{ba,z}sh', '/usr/bin/fish', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['', '', true],
  ['*', '', true],
  ['café/*', 'café/ü', true],
]

for (const [pattern, text, matches] of cases) {
  test(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
    assert.equal(compilePatterns([pattern])(text), matches)
  })
}

test('in names a star also stands for a slash', () => {
  assert.equal(compilePatterns(['Read * file'], { separator: null })('Read /etc/shadow file'), true)
})

test('a pattern made to backtrack is answered at once', () => {
  const pattern = `${'*a'.repeat(60)}b`
  assert.equal(compilePatterns([pattern])('a'.repeat(4000)), false)
})

test('an open brace and a flood of alternatives are refused with their reason', () => {
  assert.throws(() => compilePatterns(['/usr/{bin']), { code: 'format.malformed' })
  assert.throws(() => compilePatterns(['{'.repeat(2048) + '}'.repeat(2048)]), { code: 'format.malformed' })
  assert.throws(() => compilePatterns(['{a,b}'.repeat(9)]), { code: 'format.malformed' })
  assert.throws(() => compilePatterns(Array.from({ length: 100 }, (_, i) => `${i}${'{a,b}'.repeat(7)}`)), {
    code: 'format.malformed',
  })
})

test('half a character at the end of a slice is itself, however often it was matched', () => {
  const whole = `/var/lib/a-long-name-that-makes-it-a-slice-\u{1f600}x`
  const half = whole.slice(0, -2)
  // Read as the whole character behind it, the half would not be what the pattern ends with.
  const matches = compilePatterns([`/var/lib/*${half.slice(-1)}`])
  for (let round = 0; round < 20_000; round++) assert.equal(matches(half), true)
  assert.equal(matches(whole.slice(0, -1)), false)
})
