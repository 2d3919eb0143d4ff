import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { judge } from '../match/judge.ts'
import type { Actual } from '../model/actual.ts'
import type { Resource } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import type { GoValue } from '../model/value.ts'
import { defaultMaskRules, longestText, maskResults, maskText, type MaskRules } from './mask.ts'
import { plainStyle } from './options.ts'
import { writeResults } from './write.ts'

const keyed: MaskRules = { ...defaultMaskRules, key: new Uint8Array(32).fill(7) }

function result(
  attributes: Readonly<Record<string, GoValue>>,
  expected: GoValue,
  actual: Actual,
  more: Partial<Resource> = {},
): Result {
  const resource: Resource = {
    type: 'http',
    key: 'https://app.test/login',
    attributes: new Map(Object.entries(attributes)),
    title: '',
    meta: null,
    skip: false,
    place: { file: 'goss.yaml', row: 1, column: 1 },
    ...more,
  }
  const instant = '2026-01-01T00:00:00Z'
  return {
    resource,
    id: resource.key,
    property: 'Body',
    ...judge(expected, actual, 'runproof'),
    startedAt: instant,
    endedAt: instant,
  }
}

const reader = (text: string): Actual => ({ kind: 'reader', bytes: { text, size: text.length, cut: false } })

function shown(results: readonly Result[]): string {
  const run = { dialect: 'runproof', endedAt: '2026-01-01T00:00:00Z', host: null, runId: null, version: '', sources: [] } as const
  const attributes = results.map(({ resource }) => JSON.stringify([...resource.attributes]))
  return attributes.join('') + writeResults('json', results, run, plainStyle).text
}

test('bodies, headers, commands, expectations, elements and errors are looked through', () => {
  const word = 'Zq7rT9xK2mP4'
  const cases: readonly Result[] = [
    result({}, 'ok', reader(`{"token":"${word}"}`)),
    result({}, [`Authorization: Bearer ${word}`], reader('none')),
    result({}, ['nope'], { kind: 'value', value: [`Set-Cookie: sid=${word}; Path=/`] }),
    result({ exec: `mysql -p${word}` }, 0n, { kind: 'value', value: 1n }, { type: 'command', key: `mysql -p${word}` }),
    result({}, 5n, { kind: 'value', value: `password=${word}` }),
    result({}, new Map([['consist-of', [`api_key=${word}`]]]), { kind: 'value', value: [`DB_PASS=${word}`] }),
    result({}, new Map([['equal', new Map([['password', 'x']])]]), { kind: 'value', value: new Map([['password', word]]) }),
    result({}, 'x', reader('y'), { title: `uses password=${word}`, meta: new Map([['secret', word]]) }),
    result({}, 'x', reader(`-----BEGIN EC PRIVATE KEY-----\n${word}\n-----END EC PRIVATE KEY-----`)),
  ]
  for (const each of cases) {
    assert.ok(shown([each]).includes(word))
    const { results, masked } = maskResults([each], defaultMaskRules)
    assert.ok(!shown(results).includes(word), shown(results))
    assert.ok(masked > 0)
  }
})

test('the password of a resource is hidden wherever its results show it', () => {
  const one = result({ username: 'admin', password: 'correct horse' }, 'x', reader('you said correct horse, admin'))
  const { results } = maskResults([one], defaultMaskRules)
  assert.ok(!shown(results).includes('correct horse'))
  assert.equal(results[0]?.matcher.actual, 'you said [redacted:known], admin')
  assert.equal(results[0]?.resource.attributes.get('password'), '[redacted:password]')
  assert.equal(results[0]?.resource.attributes.get('username'), 'admin')
})

test('secrets that the caller knows are hidden, but not words that are too short to be any', () => {
  const rules = { ...defaultMaskRules, secrets: ['s3cr3t', 'abc', 's3cr3t-and-more'] }
  assert.equal(maskText('s3cr3t abc s3cr3t-and-more', rules), '[redacted:known] abc [redacted:known]')
})

test('with a key equal secrets look equal and others do not, without one nothing can be guessed from', () => {
  const first = maskText('password=hunter2', keyed)
  assert.match(first, /^password=\[redacted:assignment:[0-9a-f]{8}\]$/)
  assert.equal(maskText('password="hunter2"', keyed), first)
  assert.notEqual(maskText('password=hunter3', keyed), first)
  assert.notEqual(maskText('password=hunter2', { ...keyed, key: new Uint8Array(32) }), first)
  assert.equal(maskText('password=hunter2', defaultMaskRules), 'password=[redacted:assignment]')
})

test('innocent text stays, and so does the very result', () => {
  const lines = [
    'PermitEmptyPasswords no',
    'PasswordAuthentication: no',
    'password requisite pam_pwquality.so retry=3',
    'PASS_MAX_DAYS 365',
    '--authorization-mode=Node,RBAC --token-auth-file=/etc/tokens.csv',
    'admin@example.com',
    'ssh://git@host/repo',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'Cache-Control: no-store',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    '[redacted:token]',
    '',
  ]
  for (const line of lines) {
    const one = result({ path: '/etc/login.defs' }, [line], { kind: 'strings', values: [line, 'x'] })
    const { results, masked } = maskResults([one], keyed)
    assert.equal(results[0], one, line)
    assert.equal(masked, 0)
  }
})

test('what was hidden once is not hidden twice', () => {
  const once = maskText('password=hunter2; curl -H "Authorization: Bearer abcdefghijklmnopqrst"', keyed)
  assert.equal(maskText(once, keyed), once)
})

test('a text without end is hidden as a whole', () => {
  assert.equal(maskText('a'.repeat(longestText + 1), defaultMaskRules), '[redacted:too_long]')
  assert.equal(maskText('a'.repeat(longestText), defaultMaskRules).length, longestText)
})

test('results of one resource still belong together', () => {
  const one = result({ password: 'hunter22' }, 'x', reader('y'))
  const { results } = maskResults([one, { ...one, property: 'Headers' }], defaultMaskRules)
  assert.equal(results[0]?.resource, results[1]?.resource)
  assert.notEqual(results[0]?.resource, one.resource)
})

test('property: verdicts and the number of results are never masked away', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('password=', 'x', ' ', '"', 'Authorization: Bearer ', 'token', '=', ':', '\n', '@', '//')),
      (parts) => {
        const one = result({}, parts.join(''), reader(parts.toReversed().join('')))
        const { results } = maskResults([one], keyed)
        assert.equal(results.length, 1)
        assert.equal(results[0]?.outcome, one.outcome)
        const again = maskResults(results, keyed).results[0]
        assert.equal(typeof again?.matcher.message, 'string')
      },
    ),
  )
})
