import { stdout } from 'node:process'
import { createRandom } from '../fuzz/random.ts'
import { compare } from './compare.ts'
import { gossfileOf, skipWithoutGoss } from './goss.ts'
import { randomPairs } from './random-suite.ts'

/** By hand: `node test/state-matchers/run.ts [batches] [seed]`, 500 pairs a batch; exit 1 where goss and we differ. */
function main(): number {
  const why = skipWithoutGoss()
  if (why !== false) return say(why, 2)
  const [batches = 40, seed = 1] = process.argv.slice(2).map(Number)
  let [compared, crashes, found] = [0, 0, 0]
  for (let batch = 0; batch < batches; batch += 1) {
    const comparison = compare(randomPairs(createRandom(seed + batch), 500))
    compared += comparison.compared
    crashes += comparison.crashes
    found += comparison.differences.length
    for (const { pair, ours, theirs } of comparison.differences.slice(0, 10))
      say(`${gossfileOf([pair])}ours   ${ours.slice(0, 1500)}\ntheirs ${theirs.slice(0, 1500)}\n`, 0)
  }
  return say(`${compared} pairs compared, ${crashes} at which goss crashes, ${found} differ`, found === 0 ? 0 : 1)
}

function say(text: string, code: number): number {
  stdout.write(`${text}\n`)
  return code
}

process.exitCode = main()
