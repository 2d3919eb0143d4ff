import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { RunproofError } from '../core/model/errors.ts'
import { fromBase64 } from '../core/proof/bytes.ts'
import type { Envelope } from '../core/proof/dsse.ts'
import * as cases from '../src/actions/cases.ts'
import * as decide from '../src/actions/decide.ts'
import * as waivers from '../src/actions/waivers.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import {
  inWords,
  listAs,
  newKey,
  reviewWorld,
  revokeAs,
  shell,
  waiversAs,
  type Person,
  type ReviewWorld,
} from './review-world.ts'

/** One person with two accounts, two keys and two names in the manifest that differ in their case alone. */
let world: ReviewWorld
let accounts: readonly [Person, Person]
let id = 0
const drafts: { readonly payload: Uint8Array; readonly type: string }[] = []

before(async () => {
  world = await reviewWorld()
  const other = newKey('ada')
  await world.publish({ approvers: [world.keys.ada, other, world.keys.grace] })
  accounts = [await world.person('Ada', 'approver', world.keys.ada), await world.person('ada', 'approver', other)]
  await world.receive(0, [shell])
  await world.close(0)
  id = (await listAs(accounts[0]))[0]?.id ?? 0
})
after(() => world.end())

const verdict = fc.constantFrom('approve', 'waive', 'reject')
const which = fc.integer({ min: 0, max: 1 })
type Step = (account: Person, other: Person) => Promise<unknown>
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>(async ({ context }) => waivers.propose.run(context, { case: id, ...inWords })),
  fc.constant<Step>(async ({ context }) => cases.comment.run(context, { id, text: 'Fine by me.' })),
  fc.constant<Step>(async ({ context }) => cases.assign.run(context, { id, to: 'me' })),
  verdict.map((asked): Step => async ({ context }) => {
    const words = asked === 'waive' ? inWords : { reason: inWords.reason }
    const { payload, payload_type: type } = await decide.draft.run(context, { id, verdict: asked, ...words })
    drafts.push({ payload: fromBase64(payload), type })
  }),
  // Whatever was ever drafted, signed by either key, handed in by either account.
  fc.tuple(verdict, fc.nat({ max: 20 }), which).map(([asked, draft, key]): Step => async (account, other) => {
    const drafted = drafts[draft % Math.max(1, drafts.length)]
    if (!drafted) return
    const envelope: Envelope = await signEnvelope((key === 0 ? account : other).key, drafted.type, drafted.payload)
    await decide.decide.run(account.context, { id, verdict: asked, envelope })
  }),
  fc.constant<Step>(async (account) => {
    for (const { digest } of await waiversAs(account)) await revokeAs(account, digest)
  }),
)

test('property: no sequence of acts by one person alone, with two accounts and two keys, ever waives what takes two', async () => {
  let handedIn = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(which, steps), { minLength: 1, maxLength: 8 }), async (sequence) => {
      for (const [index, step] of sequence) {
        try {
          await step(...(index === 0 ? accounts : ([accounts[1], accounts[0]] as const)))
        } catch (error) {
          if (!(error instanceof RunproofError)) throw error
        }
        world.wait(1000)
      }
      handedIn = world.parts.closing.state.decisionsOn(`case:${id}`).length
      const closed = await world.settle()
      if (closed === null) return
      const { judgement } = world.report(closed.report)
      assert.deepEqual([judgement.verdict, judgement.controls[0]?.verdict], ['fail', 'fail'])
      assert.deepEqual(
        judgement.findings.map(({ waivedBy }) => waivedBy),
        [[]],
      )
      for (const { state } of await listAs(accounts[0])) assert.ok(!['waived', 'approved'].includes(state), state)
    }),
    { numRuns: 60 },
  )
  // A property of nothing would hold as well.
  assert.ok(handedIn > 0)
})
