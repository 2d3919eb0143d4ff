import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { plainStyle } from '../../src/state/output/options.ts'
import { writeResults } from '../../src/state/output/write.ts'
import { createRandom } from '../fuzz/random.ts'
import { compare, masked, resultOf } from './compare.ts'
import { gossfileOf, runGoss, skipWithoutGoss, withoutCrashes } from './goss.ts'
import { randomPairs } from './random-suite.ts'

const run = { dialect: 'goss', endedAt: '2026-01-01T00:00:00Z', host: null, runId: null, version: '', sources: [] } as const

suite('random pairs of content and expectation', { skip: skipWithoutGoss() }, () => {
  for (const seed of [1, 2])
    test(`have the same verdict, message, values and summary as with the real goss (seed ${seed})`, () => {
      const { compared, differences } = compare(randomPairs(createRandom(seed), 300))
      assert.ok(compared > 250, `${compared} pairs`)
      assert.deepEqual(
        differences.map(({ pair, ours, theirs }) => `${gossfileOf([pair])}ours ${ours}\ntheirs ${theirs}`),
        [],
      )
    })

  for (const format of ['documentation', 'json', 'junit', 'nagios', 'rspecish', 'silent', 'structured', 'tap'] as const)
    test(`are written as the real goss writes them: ${format}`, () => {
      // What holds no map, of which goss shows the entries in any order.
      const plain = randomPairs(createRandom(3), 60).filter((pair) => !gossfileOf([pair]).includes('gjson'))
      const { sound } = withoutCrashes(plain)
      for (const options of [[], ['pretty'], ['exclude_raw']]) {
        const style = { ...plainStyle, pretty: options.includes('pretty'), excludeRaw: options.includes('exclude_raw') }
        const ours = writeResults(format, sound.map(resultOf), run, style)
        const theirs = runGoss(sound, format, options)
        assert.equal(masked(ours.text), masked(theirs?.text ?? ''))
        assert.equal(ours.exit, theirs?.exit)
      }
    })
})
