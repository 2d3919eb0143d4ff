import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch } from '../sample.ts'
import { balanceOf, Account } from './account.ts'
import { killAgainAndAgain } from './rounds.ts'
import { problemsOf, runCrash, tallyOf } from './run.ts'

test(
  'twenty kills at any moment lose nothing, double nothing, break no proof and change no verdict',
  { timeout: 600_000 },
  async () => {
    const folder = scratch()
    const said: string[] = []
    const result = await killAgainAndAgain({ kills: 20, seed: 20, data: join(folder, 'data'), say: (line) => said.push(line) })
    assert.deepEqual(problemsOf(result), [], said.join('\n'))
    assert.equal(tallyOf(result), '20 kills, 0 lost, 0 duplicated, 0 broken proofs, 0 verdicts changed')
    rmSync(folder, { recursive: true })
  },
)

test('what is missing, there twice, or where it does not belong is told apart from what was never acknowledged', () => {
  const account = new Account()
  const [lost = -1, twice = -1] = account.take(2, ['payments'])
  account.acknowledge([lost, twice])
  const [never = -1, astray = -1] = account.take(2, ['payments'])
  const found = new Map([
    ['payments', new Map([[twice, 2]])],
    ['shop', new Map([[astray, 1]])],
  ] as const)
  assert.deepEqual(balanceOf(account, found), {
    lost: [`event ${lost} in payments`],
    duplicated: [`event ${twice} in payments: 2 times`, `event ${astray} in shop: 1 times`],
  })
  assert.ok(account.sent.has(never))
})

test('a number of kills that is none is wrong usage', async () => {
  const err: string[] = []
  assert.equal(await runCrash(['--kills', 'many'], { out: () => {}, err: (line) => void err.push(line) }), 64)
  assert.match(err.join('\n'), /--kills N/)
})
