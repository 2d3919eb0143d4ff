import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runSuite, summary, tableOf } from '../../test/conformance/suite.ts'
import { filesOf } from '../../test/conformance/tar.ts'

const archive = fileURLToPath(new URL('../../../shared/corpus/rego/opa-conformance.tar.gz', import.meta.url))
const skip = existsSync(archive) ? false : 'the corpus with OPA’s conformance suite is not here'

/** Raise it with every built-in; it never goes down. */
const RIGHT = 1072

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
  const text = file.text.replaceAll('"want_plan_result"', '"want_plan_result_before"')
  assert.ok(runSuite([{ ...file, text }]).some(({ verdict }) => verdict === 'wrong'))
})
