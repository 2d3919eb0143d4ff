import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../../src/state/match/judge.ts'
import type { Resource } from '../../src/state/model/resource.ts'
import type { Result } from '../../src/state/model/result.ts'
import { defaultMaskRules, maskResults } from '../../src/state/output/mask.ts'
import { formats, plainStyle } from '../../src/state/output/options.ts'
import { writeResults } from '../../src/state/output/write.ts'
import { seeded } from '../secrets.ts'

const instant = '2026-01-01T00:00:00Z'
const run = { dialect: 'runproof', endedAt: instant, host: null, runId: null, version: '', sources: [] } as const

function resultsWith(text: string): readonly Result[] {
  const resource: Resource = {
    type: 'command',
    key: text,
    attributes: new Map([['exec', text]]),
    title: text,
    meta: new Map([['note', [text]]]),
    skip: false,
    place: { file: 'goss.yaml', row: 1, column: 1 },
  }
  const bytes = { text: `first\n${text}\nlast\n`, size: 0, cut: false }
  const judged = [
    judge('x', { kind: 'reader', bytes }, 'runproof'),
    judge([text, 'x'], { kind: 'reader', bytes }, 'runproof'),
    judge(5n, { kind: 'value', value: text }, 'runproof'),
    judge([text], { kind: 'strings', values: [text, 'x'] }, 'runproof'),
    judge(new Map([['consist-of', [text]]]), { kind: 'value', value: [`${text} `] }, 'runproof'),
  ]
  return judged.map((each, at) => ({ resource, id: text, property: `p${at}`, ...each, startedAt: instant, endedAt: instant }))
}

test('no secret of the seeded set reaches any format once results are masked', () => {
  // Mail addresses stay unless the caller wants them hidden.
  for (const { kind, text, secret } of seeded.filter((each) => each.kind !== 'e-mail address')) {
    const before = resultsWith(text)
    const { results, masked } = maskResults(before, { ...defaultMaskRules, key: new Uint8Array(32) })
    assert.ok(masked > 0, kind)
    for (const format of formats) {
      const style = { ...plainStyle, verbose: true }
      const written = writeResults(format, results, run, style).text
      assert.ok(!written.includes(secret), `${kind} in ${format}: ${written.slice(0, 2000)}`)
    }
    assert.ok(writeResults('json', before, run, plainStyle).text.includes(secret.slice(0, 8)), kind)
  }
})

test('mail addresses are hidden where the caller says so', () => {
  const mail = seeded.find(({ kind }) => kind === 'e-mail address')
  assert.ok(mail)
  const { results } = maskResults(resultsWith(mail.text), { ...defaultMaskRules, disabled: [] })
  assert.ok(!writeResults('json', results, run, plainStyle).text.includes(mail.secret))
})
