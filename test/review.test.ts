import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { controlDigest } from '../core/judge/resolve.ts'
import { REVOCATION_PREDICATE } from '../core/model/decision.ts'
import { instantMs, instantOf } from '../core/model/time.ts'
import { WAIVER_PREDICATE, type Waiver } from '../core/model/waiver.ts'
import { fromBase64, fromUtf8 } from '../core/proof/bytes.ts'
import { payloadOf, type Envelope } from '../core/proof/dsse.ts'
import { parseJson } from '../core/proof/json.ts'
import { DSSE_PAYLOAD_TYPE, statementBytes } from '../core/proof/statement.ts'
import { revokeKey } from '../src/access/keys.ts'
import * as cases from '../src/actions/cases.ts'
import * as decide from '../src/actions/decide.ts'
import * as waivers from '../src/actions/waivers.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import { fileCases } from '../src/service/file-cases.ts'
import {
  curl,
  decideAs,
  inWords,
  listAs,
  lost,
  newKey,
  reviewWorld,
  revokeAs,
  scope,
  shell,
  showAs,
  signedFor,
  waiversAs,
  windowNumber,
  type Act,
  type Person,
  type ReviewWorld,
} from './review-world.ts'

type Setting = ReviewWorld & { readonly ada: Person; readonly grace: Person; readonly bob: Person; readonly eve: Person }

/** One window with these acts, judged, and the people: Ada and Grace approve, Bob is an engineer whom the manifest names too, Eve it does not. */
async function setting(acts: readonly Act[] = [shell, curl, lost]): Promise<Setting> {
  const world = await reviewWorld()
  await world.publish()
  const ada = await world.person('Ada', 'approver', world.keys.ada)
  const grace = await world.person('Grace', 'approver', world.keys.grace)
  const bob = await world.person('Bob', 'approver', world.keys.bob)
  const eve = await world.person('Eve', 'approver', newKey('Eve'))
  await world.receive(0, acts)
  await world.close(0)
  return { ...world, ada, grace, bob, eve }
}

async function within(run: (world: Setting) => Promise<void>, acts?: readonly Act[]): Promise<void> {
  const world = await setting(acts)
  try {
    await run(world)
  } finally {
    await world.end()
  }
}

async function caseOf(person: Person, control: string, confidence = 1): Promise<number> {
  const found = (await listAs(person)).find((line) => line.control === control && line.confidence === confidence)
  assert.ok(found, `no case of ${control}`)
  return found.id
}

const verdictOf = (world: ReviewWorld, report: string | undefined, control: string) =>
  world.report(report ?? '').judgement.controls.find(({ id }) => id === control)?.verdict

test('findings behind fail and review become cases, each once, due by severity, with the people that it takes', () =>
  within(async ({ ada, close, ...world }) => {
    const lines = (await listAs(ada)).map(({ control, severity, confidence, state, quorum, due_at: due }) => {
      return { control, severity, confidence, state, quorum, due }
    })
    const high = { control: 'no-shell', severity: 'high', state: 'open', quorum: 2, due: '2026-03-05T00:10:00Z' }
    assert.deepEqual(lines, [
      { control: 'no-curl', severity: 'low', confidence: 1, state: 'open', quorum: 1, due: '2026-04-01T00:10:00Z' },
      { ...high, confidence: 0.7 },
      { ...high, confidence: 1 },
    ])
    await world.receive(1, [shell])
    await close(1)
    assert.equal((await listAs(ada)).length, 3)
    const shown = await showAs(ada, 1)
    assert.deepEqual(
      shown.windows.map(({ outcome }) => outcome),
      ['seen', 'seen'],
    )
    assert.deepEqual((shown.evidence as { readonly commandLines: readonly string[] }).commandLines, ['/bin/sh'])
    assert.match(shown.reasons.join(), /severity low or worse/)
  }))

test('one person waives what is mild; the superseding report names the decision and verifies from its audit file alone', () =>
  within(async (world) => {
    const { ada, asked } = world
    const id = await caseOf(ada, 'no-curl')
    const before = world.parts.closing.state.sealedWindow(windowNumber(0).id)?.report
    const decided = await decideAs(ada, id, { verdict: 'waive', ...inWords })
    assert.deepEqual([decided.state, decided.missing_signatures, asked], ['waived', 0, [windowNumber(0).id]])
    const closed = await world.settle()
    const report = world.report(closed?.report ?? '')
    assert.equal(verdictOf(world, closed?.report, 'no-curl'), 'waived')
    assert.deepEqual(report.previous, { windowId: windowNumber(0).id, reportDigest: before, relation: 'supersedes' })
    assert.deepEqual(
      report.decisions.map(({ id, kind, signedBy, ledgerIndex }) => [id, kind, signedBy.name, ledgerIndex]),
      [[decided.decision, 'waiver', 'Ada', decided.ledger_index]],
    )
    const { ok, checks } = await world.verified(closed?.report ?? '')
    assert.deepEqual([ok, checks.filter((check) => !check.ok)], [true, []])
    assert.match(checks.find(({ name }) => name === 'decisions')?.why ?? '', new RegExp(`${decided.decision} by Ada until`))
    assert.equal((await showAs(ada, id)).state, 'waived')
  }))

test('what is severe takes two people over the same statement; the audit file holds and names both', () =>
  within(async (world) => {
    const { ada, grace } = world
    const id = await caseOf(ada, 'no-shell')
    const first = await decideAs(ada, id, { verdict: 'waive', ...inWords })
    assert.deepEqual([first.state, first.missing_signatures], ['in_review', 1])
    const alone = await world.settle()
    assert.match(await world.page(alone?.report ?? ''), /needs a second person[^]*in force, but not for every finding/)
    assert.equal(verdictOf(world, alone?.report, 'no-shell'), 'fail')
    const reasons = world.report(alone?.report ?? '').judgement.controls[0]?.reasons.map(({ code }) => code)
    assert.ok(reasons?.includes('second_person'))

    const [offered] = (await showAs(grace, id)).to_sign
    assert.match(offered?.because ?? '', /Ada signed it, and it takes two/)
    const second = await decideAs(grace, id, { verdict: 'waive' })
    assert.deepEqual([second.digest, second.state, second.missing_signatures], [first.digest, 'waived', 0])
    const closed = await world.settle()
    const use = world.report(closed?.report ?? '').judgement.waivers.find(({ digest }) => digest === first.digest)
    assert.deepEqual([use?.state, use?.signers?.map(({ name }) => name).sort()], ['active', ['Ada', 'Grace']])
    const { ok, members, checks } = await world.verified(closed?.report ?? '')
    assert.equal(ok, true)
    assert.equal([...members.keys()].filter((name) => name.startsWith(`decisions/${first.digest}.`)).length, 2)
    const why = checks.find(({ name }) => name === 'decisions')?.why ?? ''
    assert.ok(why.includes('by Ada') && why.includes('by Grace'), why)
    // The same finding where it is not known which workload it was still asks for somebody.
    assert.equal(verdictOf(world, closed?.report, 'no-shell'), 'review')
  }))

test('a confirmed violation fails by the ordinary thresholds, and replay says the same', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-shell', 0.7)
      const decided = await decideAs(world.ada, id, { verdict: 'reject', reason: 'The pod was ours: it was an attack.' })
      assert.equal(decided.state, 'rejected')
      const closed = await world.settle()
      assert.equal(verdictOf(world, closed?.report, 'no-shell'), 'fail')
      const { judgement, decisions } = world.report(closed?.report ?? '')
      assert.match(
        await world.page(closed?.report ?? ''),
        /confirmed by[^]*Confirmed: what people looked at and found to be violations/,
      )
      assert.deepEqual(
        decisions.map(({ kind }) => kind),
        ['confirmation'],
      )
      assert.deepEqual(
        judgement.findings.map(({ confidence, confirmedBy }) => [confidence, confirmedBy]),
        [[1, [decided.decision]]],
      )
      assert.equal((await world.verified(closed?.report ?? '')).ok, true)
      // Confirmed for this window: the next one asks again.
      await world.receive(1, [lost])
      await world.close(1)
      assert.equal((await showAs(world.ada, id)).state, 'open')
    },
    [lost],
  ))

test('what was legitimate once is approved for its window alone', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      const decided = await decideAs(world.ada, id, { verdict: 'approve', reason: 'A release with our hands on it.' })
      assert.equal(decided.state, 'approved')
      assert.equal(verdictOf(world, (await world.settle())?.report, 'no-curl'), 'waived')
      await world.receive(1, [curl])
      const next = await world.close(1)
      assert.equal(verdictOf(world, next.report, 'no-curl'), 'fail')
      assert.equal((await showAs(world.ada, id)).state, 'open')
    },
    [curl],
  ))

test('a waiver ends by itself: no job, and the case waits for a person again', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      await decideAs(world.ada, id, { verdict: 'waive', ...inWords, expires: '1h' })
      const [waiver] = await waiversAs(world.ada)
      assert.equal(waiver?.state, 'active')
      const end = instantMs(waiver?.expires ?? '')
      assert.deepEqual(
        (await waiversAs(world.ada, instantOf(end - 1000))).map(({ state }) => state),
        ['active'],
      )
      assert.deepEqual(
        (await waiversAs(world.ada, instantOf(end))).map(({ state }) => state),
        ['expired'],
      )
      world.wait(end - world.now() - 1000)
      assert.equal((await showAs(world.ada, id)).state, 'waived')
      world.wait(1000)
      assert.equal((await showAs(world.ada, id)).state, 'expired')
      assert.deepEqual(
        (await listAs(world.ada, 'undecided')).map((line) => line.id),
        [id],
      )
      // And it can be decided again.
      assert.equal((await decideAs(world.ada, id, { verdict: 'waive', ...inWords })).state, 'waived')
    },
    [curl],
  ))

test('a waiver is taken back by a signature: later and re-judged windows do not count it', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      const { digest, decision } = await decideAs(world.ada, id, { verdict: 'waive', ...inWords })
      await world.settle()
      const taken = await revokeAs(world.grace, digest)
      assert.deepEqual([taken.window_id, world.asked], [windowNumber(0).id, [windowNumber(0).id]])
      const closed = await world.settle()
      assert.equal(verdictOf(world, closed?.report, 'no-curl'), 'fail')
      const report = world.report(closed?.report ?? '')
      assert.match(await world.page(closed?.report ?? ''), /Taken back[^]*It is not needed any more/)
      assert.deepEqual(
        report.judgement.waivers.map((use) => [use.id, use.state, use.revoked?.by.name]),
        [[decision, 'revoked', 'Grace']],
      )
      assert.deepEqual(
        report.decisions.map(({ kind }) => kind),
        ['waiver', 'revocation'],
      )
      assert.equal((await world.verified(closed?.report ?? '')).ok, true)
      assert.equal((await showAs(world.ada, id)).state, 'revoked')
      assert.deepEqual(
        (await waiversAs(world.ada)).map((line) => [line.state, line.revoked?.by]),
        [['revoked', 'Grace']],
      )
      await assert.rejects(revokeAs(world.ada, digest), { code: 'case.already_decided' })
      await world.receive(1, [curl])
      assert.equal(verdictOf(world, (await world.close(1)).report, 'no-curl'), 'fail')
    },
    [curl],
  ))

test('a case closes after three watched windows without its finding; blind ones do not count, and coming back starts anew', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      const state = async () => (await showAs(world.ada, id)).state
      const outcomes = async () => (await showAs(world.ada, id)).windows.map(({ outcome }) => outcome)
      const window = async (n: number, acts: readonly Act[], watched = true) => {
        await world.receive(n, acts, { watched })
        await world.close(n)
      }
      await window(1, [])
      await window(2, [])
      await window(3, [], false)
      await window(4, [curl])
      await window(5, [])
      await window(6, [], false)
      await window(7, [])
      assert.deepEqual(
        [await state(), await outcomes()],
        ['open', ['seen', 'clean', 'clean', 'blind', 'seen', 'clean', 'blind', 'clean']],
      )
      await window(8, [])
      assert.equal(await state(), 'closed')
      await assert.rejects(decideAs(world.ada, id, { verdict: 'waive', ...inWords }), { code: 'case.already_decided' })
      await window(9, [])
      await window(10, [curl])
      const shown = await showAs(world.ada, id)
      assert.deepEqual([shown.state, shown.history.map(({ what }) => what)], ['open', ['opened', 'closed', 'reopened']])
      assert.equal((await listAs(world.ada)).length, 1)
    },
    [curl],
  ))

test('a verdict of fail with no finding behind it is a case too: nobody can waive it, and it closes when the sensors look again', async () => {
  const world = await reviewWorld()
  try {
    await world.publish({ blind: 'fail' })
    const ada = await world.person('Ada', 'approver', world.keys.ada)
    // A minute after its start the sensor fell silent.
    await world.receive(0, [], { watched: false })
    await world.close(0)
    const lines = await listAs(ada)
    assert.deepEqual(
      lines.map(({ kind, control, verdict, state, fingerprint }) => ({ kind, control, verdict, state, fingerprint })),
      ['no-shell', 'no-curl'].map((control) => ({ kind: 'verdict', control, verdict: 'fail', state: 'open', fingerprint: null })),
    )
    const id = lines[0]?.id ?? 0
    const shown = await showAs(ada, id)
    assert.match(shown.reasons.join(), /falco/)
    assert.deepEqual(shown.to_sign, [])
    await assert.rejects(decideAs(ada, id, { verdict: 'waive', ...inWords }), {
      code: 'decision.invalid',
      message: /mend what the reasons name/,
    })
    for (const n of [1, 2, 3]) {
      await world.receive(n, [])
      await world.close(n)
    }
    assert.equal((await showAs(ada, id)).state, 'closed')
  } finally {
    await world.end()
  }
})

test('late evidence that the finding was there after all takes a clean window back', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      for (const n of [1, 2, 3]) {
        await world.receive(n, [])
        await world.close(n)
      }
      assert.equal((await showAs(world.ada, id)).state, 'closed')
      await world.receive(2, [curl], { watched: false })
      await world.close(2, 'late_evidence')
      const shown = await showAs(world.ada, id)
      assert.deepEqual([shown.state, shown.windows.map(({ outcome }) => outcome)], ['open', ['seen', 'clean', 'seen', 'clean']])
    },
    [curl],
  ))

test('somebody asks for an exception and somebody else signs it; nobody approves their own request', () =>
  within(
    async (world) => {
      const id = await caseOf(world.ada, 'no-curl')
      await waivers.propose.run(world.bob.context, { case: id, ...inWords })
      const shown = await showAs(world.ada, id)
      assert.deepEqual([shown.state, shown.to_sign.map(({ because }) => because)], ['in_review', ['Bob asked for it']])
      await assert.rejects(decideAs(world.bob, id, { verdict: 'waive' }), /Bob asked for it and cannot approve their own request/)
      await assert.rejects(decideAs(world.bob, id, { verdict: 'approve', reason: 'x' }), /cannot approve their own request/)
      const decided = await decideAs(world.ada, id, { verdict: 'waive' })
      assert.equal(decided.state, 'waived')
      const [waiver] = await waiversAs(world.ada)
      assert.deepEqual([waiver?.requested_by, waiver?.reason], ['Bob', inWords.reason])
    },
    [curl],
  ))

test('an exception is asked for in advance, becomes a case, and waives what comes', () =>
  within(async (world) => {
    const asked = { ...scope, control: 'no-curl', targets: ['/usr/bin/curl'], ...inWords }
    const { case: id } = await waivers.propose.run(world.bob.context, asked)
    assert.equal((await waivers.propose.run(world.bob.context, asked)).case, id)
    assert.deepEqual(((await showAs(world.ada, id)).kind, (await showAs(world.ada, id)).severity), 'low')
    await assert.rejects(decideAs(world.ada, id, { verdict: 'reject', reason: 'No.' }), /no finding yet that could be confirmed/)
    assert.equal((await decideAs(world.ada, id, { verdict: 'waive' })).state, 'waived')
    await world.receive(1, [curl])
    assert.equal(verdictOf(world, (await world.close(1)).report, 'no-curl'), 'waived')
    // Its own finding asks for nobody: it is covered.
    assert.deepEqual(
      (await listAs(world.ada)).map(({ kind }) => kind),
      ['exception'],
    )
    await assert.rejects(async () => waivers.propose.run(world.bob.context, { ...asked, control: 'no-such' }), {
      code: 'decision.invalid',
    })
    await assert.rejects(
      async () => waivers.propose.run(world.bob.context, { ...asked, workloads: ['elsewhere'] }),
      /no workload of the control fits elsewhere/,
    )
    await assert.rejects(async () => waivers.propose.run(world.bob.context, { ...asked, expires: '366d' }), /more than 365 days/)
  }, []))

test('comments, owners and history: who did what stays', () =>
  within(
    async (world) => {
      const { ada, bob } = world
      const id = await caseOf(ada, 'no-curl')
      await cases.comment.run(bob.context, { id, text: 'Looks like the release.' })
      await cases.assign.run(bob.context, { id, to: 'me' })
      await cases.assign.run(ada.context, { id, to: 'nobody' })
      const { history, state, assignee } = await showAs(ada, id)
      assert.deepEqual([state, assignee], ['in_review', null])
      assert.deepEqual(
        history.map(({ who, what }) => `${who} ${what}`),
        ['Runproof opened', 'Bob commented', 'Bob assigned', 'Ada assigned'],
      )
      const { db } = world.parts.closing.ledger
      assert.throws(() => db.exec('DELETE FROM case_event'), /append-only/)
      assert.throws(() => db.exec("UPDATE case_event SET name = 'Eve'"), /append-only/)
      assert.throws(() => db.exec('DELETE FROM review_case'), /kept/)
      assert.throws(() => cases.comment.run(bob.context, { id, text: ' ' }), { code: 'request.invalid' })
      assert.throws(() => cases.assign.run(bob.context, { id, to: 'person:nobody' }), { code: 'request.invalid' })
      await assert.rejects(showAs(ada, 99), { code: 'case.unknown' })
    },
    [curl],
  ))

// Every refusal of a signed decision, on one world whose case stays undecided throughout.
let world: Setting
let low = 0
let high = 0
before(async () => {
  world = await setting()
  low = await caseOf(world.ada, 'no-curl')
  high = await caseOf(world.ada, 'no-shell')
})
after(() => world.end())

const waive = { verdict: 'waive', ...inWords } as const
const handIn = async (by: Person, id: number, envelope: unknown, verdict: 'approve' | 'waive' | 'reject' = 'waive') =>
  decide.decide.run(by.context, { id, verdict, envelope })
const refusal = (why: RegExp) => (error: unknown) => {
  assert.equal((error as { readonly code?: string }).code, 'decision.invalid', String(error))
  assert.match(String(error), why)
  return true
}

/** A statement that was changed before it was signed: the signature holds, the words do not. */
async function changed(by: Person, id: number, change: Partial<Waiver>, subject?: string): Promise<Envelope> {
  const { payload } = await decide.draft.run(by.context, { id, ...waive })
  const statement = parseJson(fromUtf8(fromBase64(payload))) as unknown as {
    readonly subject: [{ name: string; digest: { sha256: string } }]
    readonly predicate: Waiver
  }
  const [{ name, digest }] = statement.subject
  const bytes = statementBytes({
    subject: [{ name, sha256: subject ?? digest.sha256 }],
    predicateType: WAIVER_PREDICATE,
    predicate: { ...statement.predicate, ...change } as never,
  })
  return signEnvelope(by.key, DSSE_PAYLOAD_TYPE, bytes)
}

test('refused: a key that nobody enrolled', async () => {
  await assert.rejects(
    async () => handIn(world.ada, low, await signedFor(world.ada, low, waive, newKey())),
    refusal(/nobody enrolled the key/),
  )
})

test('refused: another person’s key', async () => {
  await assert.rejects(
    async () => handIn(world.ada, low, await signedFor(world.ada, low, waive, world.grace.key)),
    refusal(/is somebody else's/),
  )
})

test('refused: a person whom the manifest does not name', async () => {
  await assert.rejects(
    async () => handIn(world.eve, low, await signedFor(world.eve, low, waive)),
    refusal(/does not name the key .* among its approvers/),
  )
})

test('refused: a revoked key', async () => {
  const own = await setting([curl])
  try {
    const id = await caseOf(own.ada, 'no-curl')
    const envelope = await signedFor(own.ada, id, waive)
    revokeKey(own.world, own.ada.principal, own.ada.key.keyId, 'lost')
    await assert.rejects(handIn(own.ada, id, envelope), refusal(/was revoked at/))
  } finally {
    await own.end()
  }
})

test('refused: a signature that does not hold, and what is no envelope', async () => {
  const envelope = await signedFor(world.ada, low, waive)
  const other = await signedFor(world.ada, high, waive)
  await assert.rejects(handIn(world.ada, low, { ...envelope, signatures: other.signatures }), refusal(/signature does not hold/))
  await assert.rejects(handIn(world.ada, low, { payload: 'x' }), { code: 'format.malformed' })
})

test('refused: a program, whatever it may do', async () => {
  const envelope = await signedFor(world.ada, low, waive)
  const context = { ...world.ada.context, principal: { ...world.ada.principal, kind: 'token' as const, person: null } }
  await assert.rejects(async () => decide.decide.run(context, { id: low, verdict: 'waive', envelope }), { code: 'access.denied' })
})

const changes: readonly (readonly [string, Partial<Waiver>, RegExp])[] = [
  ['a wider scope', { scope: { workloads: ['*'] } }, /covers something else than the case is about/],
  ['one more finding', { scope: { fingerprints: [`rpf1:${'0'.repeat(64)}`] } }, /covers something else/],
  ['another environment', { environment: 'test' }, /is for shop in test/],
  ['somebody else’s id', { id: 'WVR-1' }, /does not begin with case-/],
  ['another control', { control: 'no-shell' }, /it is about the control no-shell/],
  ['a time that is over', { expires: '2026-03-01T00:00:00Z' }, /which is over/],
  ['more than a year', { expires: '2028-03-01T00:00:00Z' }, /more than 365 days/],
  ['a beginning long ago', { notBefore: '2026-01-01T00:00:00Z' }, /more than a day ago/],
  ['a beginning that is to come', { notBefore: '2026-03-30T00:00:00Z' }, /still to come/],
  ['no words', { reason: ' ' }, /reason is blank/],
  ['another requester', { requestedBy: 'Carol' }, /names Carol as the one who asked/],
  ['oneself as the requester', { requestedBy: 'ada' }, /cannot approve their own request/],
  ['one window, as a waiver', { window: 'w' }, /is for every window while it holds/],
]
for (const [what, change, why] of changes) {
  test(`refused: a statement for ${what}`, async () => {
    await assert.rejects(async () => handIn(world.ada, low, await changed(world.ada, low, change)), refusal(why))
  })
}

test('refused: a statement over another wording of the control, and everything against it is named at once', async () => {
  const envelope = await changed(world.ada, low, { environment: 'test', reason: ' ' }, 'a'.repeat(64))
  await assert.rejects(
    handIn(world.ada, low, envelope),
    refusal(/is for shop in test[^]*another wording of no-curl[^]*reason is blank/),
  )
})

test('refused: a signed statement for another case, for another verdict, or of another kind', async () => {
  const envelope = await signedFor(world.ada, low, waive)
  await assert.rejects(handIn(world.ada, high, envelope), refusal(/it is about the control no-curl/))
  await assert.rejects(handIn(world.ada, low, envelope, 'reject'), refusal(/takes a signed confirmation, this is a waiver/))
  await assert.rejects(handIn(world.ada, low, envelope, 'approve'), refusal(/an approval is for the window/))
  const revocation = statementBytes({
    subject: [{ name: 'waiver:x', sha256: 'a'.repeat(64) }],
    predicateType: REVOCATION_PREDICATE,
    predicate: { ...scope, id: 'r', waiver: 'x', reason: 'r', revokedAt: '2026-03-02T00:00:00Z' },
  })
  const signed = await signEnvelope(world.ada.key, DSSE_PAYLOAD_TYPE, revocation)
  await assert.rejects(handIn(world.ada, low, signed), refusal(/this is a revocation/))
})

test('after all of these nobody has decided anything', async () => {
  assert.deepEqual(world.parts.closing.state.decisionsOf(scope), [])
  assert.deepEqual(
    (await listAs(world.ada)).map(({ state }) => state),
    ['open', 'open', 'open'],
  )
  assert.deepEqual(world.asked, [])
})

test('a decision that was handed in before is not taken again, nor another one on a case that is decided', () =>
  within(
    async (own) => {
      const id = await caseOf(own.ada, 'no-curl')
      const envelope = await signedFor(own.ada, id, waive)
      await handIn(own.ada, id, envelope)
      await assert.rejects(handIn(own.ada, id, envelope), { code: 'case.already_decided' })
      await assert.rejects(decideAs(own.grace, id, { verdict: 'reject', reason: 'No.' }), { code: 'case.already_decided' })
      // Once it is taken back, the old signature does not come back to life.
      const digest = (await waiversAs(own.ada))[0]?.digest ?? ''
      await revokeAs(own.grace, digest)
      await assert.rejects(handIn(own.ada, id, envelope), { code: 'case.already_decided' })
      assert.equal((await showAs(own.ada, id)).state, 'revoked')
    },
    [curl],
  ))

test('two people at the same moment: one is taken, the other is told', () =>
  within(
    async (own) => {
      const id = await caseOf(own.ada, 'no-curl')
      const [a, b] = [await signedFor(own.ada, id, waive), await signedFor(own.grace, id, waive)]
      const results = await Promise.allSettled([handIn(own.ada, id, a), handIn(own.grace, id, b)])
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const refused = results.find((result) => result.status === 'rejected')
      assert.equal((refused?.reason as { readonly code?: string } | undefined)?.code, 'case.already_decided')
    },
    [curl],
  ))

test('the second signature must be another person’s: neither the same key, nor another key of theirs, nor another account of their name', () =>
  within(
    async (own) => {
      const id = await caseOf(own.ada, 'no-shell')
      const envelope = await signedFor(own.ada, id, waive)
      await handIn(own.ada, id, envelope)
      await assert.rejects(handIn(own.ada, id, envelope), { code: 'case.already_decided' })
      const payload = payloadOf(envelope)
      // Grace's key under an account that bears Ada's name.
      const twin = await own.person('ADA ', 'approver', null)
      await own.enrol(twin.principal, twin.key)
      await assert.rejects(
        async () => handIn(twin, id, await signEnvelope(twin.key, DSSE_PAYLOAD_TYPE, payload)),
        refusal(/must be another person's/),
      )
      const spare = newKey()
      await own.enrol(own.ada.principal, spare)
      await assert.rejects(
        async () => handIn(own.ada, id, await signEnvelope(spare, DSSE_PAYLOAD_TYPE, payload)),
        refusal(/must be another person's/),
      )
      await assert.rejects(
        async () => handIn(own.eve, id, await signEnvelope(own.eve.key, DSSE_PAYLOAD_TYPE, payload)),
        refusal(/does not name the key/),
      )
      assert.equal(verdictOf(own, (await own.settle())?.report, 'no-shell'), 'fail')
    },
    [shell],
  ))

test('a manifest that changed the control since: what was signed for the old wording counts for nothing any more', () =>
  within(
    async (own) => {
      const id = await caseOf(own.ada, 'no-shell')
      await decideAs(own.ada, id, waive)
      await decideAs(own.grace, id, waive)
      own.wait(60_000)
      await own.publish({ version: '1.1.0', controls: ', remediation: Isolate the pod.' })
      assert.deepEqual(
        (await waiversAs(own.ada)).map(({ state }) => state),
        ['control_changed'],
      )
      own.wait(600_000)
      await own.receive(2, [shell])
      const closed = await own.close(2)
      assert.equal(verdictOf(own, closed.report, 'no-shell'), 'fail')
      assert.deepEqual(
        own.report(closed.report).judgement.waivers.map(({ state }) => state),
        ['control_changed'],
      )
      assert.equal((await showAs(own.ada, id)).state, 'open')
    },
    [shell],
  ))

test('a waiver cannot be signed for a window of the old manifest when another wording governs now', () =>
  within(
    async (own) => {
      const id = await caseOf(own.ada, 'no-curl')
      const envelope = await signedFor(own.ada, id, waive)
      own.wait(60_000)
      await own.publish({ version: '1.1.0', approvers: [own.keys.grace, own.keys.bob] })
      // Ada is no approver any more: for the windows to come her signature would not count.
      await assert.rejects(handIn(own.ada, id, envelope), refusal(/the manifest shop 1.1.0 does not name the key/))
      const control = own.parts.closing.promiseOf(1).manifest.controls[1]
      assert.ok(control && (await waiversAs(own.ada)).length === 0 && controlDigest(control) !== '')
    },
    [curl],
  ))

test('filing the same report again changes nothing: neither cases nor their windows nor their history', () =>
  within(
    async (own) => {
      const { ledger, state } = own.parts.closing
      const rows = () =>
        ['review_case', 'case_window', 'case_event'].map((table) =>
          ledger.db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
        )
      for (const n of [1, 2, 3, 4]) {
        await own.receive(n, n === 4 ? [curl] : [])
        const { report: digest } = await own.close(n)
        const before = rows()
        const { manifest } = own.parts.closing.promiseOf(1)
        ledger.transaction(() => fileCases(state, { report: own.report(digest), reportDigest: digest, manifest }))
        assert.deepEqual(rows(), before)
      }
      assert.deepEqual(
        (await showAs(own.ada, 1)).history.map(({ what }) => what),
        ['opened', 'closed', 'reopened'],
      )
    },
    [curl],
  ))

test('a case is sooner due when it becomes worse, and keeps its day when it becomes milder', () =>
  within(
    async (own) => {
      const due = async () => (await listAs(own.ada)).map(({ severity, due_at: at }) => [severity, at])
      assert.deepEqual(await due(), [['low', '2026-04-01T00:10:00Z']])
      const filed = async (n: number, severity: 'critical' | 'low') => {
        await own.receive(n, [curl])
        const { report: digest } = await own.close(n)
        const report = own.report(digest)
        const findings = report.judgement.findings.map((finding) => ({ ...finding, severity }))
        const { ledger, state, promiseOf } = own.parts.closing
        const worse = { ...report, judgement: { ...report.judgement, findings } }
        ledger.transaction(() => fileCases(state, { report: worse, reportDigest: digest, manifest: promiseOf(1).manifest }))
      }
      await filed(1, 'critical')
      assert.deepEqual(await due(), [['critical', '2026-03-03T00:10:00Z']])
      await filed(2, 'low')
      assert.deepEqual(await due(), [['low', '2026-03-03T00:10:00Z']])
    },
    [curl],
  ))
