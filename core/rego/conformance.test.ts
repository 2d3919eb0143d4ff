import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runSuite, summary, tableOf } from '../../test/conformance/suite.ts'
import { setAside, type SetAside } from '../../test/conformance/set-aside.ts'
import { filesOf } from '../../test/conformance/tar.ts'

const archive = fileURLToPath(new URL('../../../shared/corpus/rego/opa-conformance.tar.gz', import.meta.url))
const skip = existsSync(archive) ? false : 'the corpus with OPA’s conformance suite is not here'

/** Raise it with every built-in; it never goes down. */
const RIGHT = 1307

test('OPA’s own suite: no wrong answer, and not one right answer fewer than before', { skip }, () => {
  const outcomes = runSuite(filesOf(readFileSync(archive)))
  const right = outcomes.filter(({ verdict }) => verdict === 'right').length
  const wrong = outcomes.filter(({ verdict }) => verdict === 'wrong')
  assert.deepEqual(wrong, [], tableOf(wrong))
  assert.ok(right >= RIGHT, summary(outcomes))
})

test('the runner does see a wrong answer', { skip }, () => {
  const file = filesOf(readFileSync(archive)).find(({ path }) => path.includes('/helloworld/'))
  assert.ok(file)
  const { cases } = JSON.parse(file.text) as { readonly cases: readonly object[] }
  const text = JSON.stringify({ cases: cases.map((item) => ({ ...item, want_plan_result: [{ x: 'another' }] })) })
  assert.ok(runSuite([{ ...file, text }]).some(({ verdict }) => verdict === 'wrong'))
})

test('what is no case, or cannot be read, is a wrong case and ends nothing', () => {
  const files = ['not JSON', '{}', '{"cases":[null,7,{},{"note":"n","plan":null},{"note":"n","plan":{},"entrypoints":[]}]}']
  const outcomes = runSuite(files.map((text, i) => ({ path: `v1/odd/${i}.json`, text })))
  assert.deepEqual(
    outcomes.map(({ verdict }) => verdict),
    Array.from({ length: 7 }, () => 'wrong'),
  )
})

test('a case set aside is right with our documented answer only', () => {
  const plan = { static: {}, plans: { plans: [{ name: 'eval', blocks: [] }] } }
  const [{ note }] = setAside as readonly [SetAside]
  const judged = (given: string) =>
    runSuite([
      {
        path: 'v1/x/y.json',
        text: JSON.stringify({ cases: [{ note: given, plan, entrypoints: ['eval'], want_plan_result: [1] }] }),
      },
    ])
  assert.deepEqual([judged(note)[0]?.verdict, judged('another')[0]?.verdict], ['right', 'wrong'])
  assert.match(summary(judged(note)), /^1 of the right ones set aside/)
})
