import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../../../core/model/act.ts'
import type { Redaction } from '../../../core/model/redaction.ts'
import { seeded } from '../../../test/secrets.ts'
import { builtIn, redactorOf, type Redactor } from '../redact.ts'
import { nobody } from '../subject.ts'

type Rules = Omit<Redaction, 'apiVersion' | 'kind'>

function redactor(rules: Rules): Promise<Redactor> {
  return redactorOf({ apiVersion: 'runproof.dev/v1', kind: 'RedactionRules', ...rules })
}

const order = { id: 'order-number', pattern: 'ORD-(?P<secret>[0-9]{8})' }
const session = { id: 'session', keys: ['sid', 'x.session-id'] }

test('a pattern takes out its group named secret, names take out their values in every form', async () => {
  const own = await redactor({ rules: [order, session] })
  for (const [text, clean] of [
    ['ship ORD-12345678 now', 'ship ORD-[redacted:order-number] now'],
    ['app --sid abc -v', 'app --sid [redacted:session] -v'],
    ['app --SID=abc', 'app --SID=[redacted:session]'],
    ['x.session-id=abc app', 'x.session-id=[redacted:session] app'],
    ['{"sid": "abc"}', '{"sid": "[redacted:session]"}'],
    ['sid: abc', 'sid: [redacted:session]'],
    ['https://x.test/?sid=abc&page=2', 'https://x.test/?sid=[redacted:session]&page=2'],
  ] as const) {
    const once = own.text(text)
    assert.deepEqual(once, { text: clean, count: 1 })
    assert.deepEqual(own.text(once.text), { text: clean, count: 0 }, 'a clean text stays as it is')
  }
  for (const text of ['ship ORD-1234', 'inside: 1', 'xxsession-id=abc', 'app --sidecar on'])
    assert.deepEqual(own.text(text), { text, count: 0 })
})

test('the built-in rules find what they find without the bundle’s own', async () => {
  const own = await redactor({ rules: [order, session, { id: 'word', pattern: '(?i)password|token|key|bearer' }] })
  for (const { kind, text, secret } of seeded) {
    const { text: clean, count } = own.text(text)
    assert.ok(!clean.includes(secret), kind)
    assert.ok(count >= builtIn.text(text).count, kind)
  }
})

test('a match that a mark lies in takes the mark with it, one within a mark is none', async () => {
  const own = await redactor({
    rules: [
      { id: 'line', pattern: 'deploy .* end' },
      { id: 'flagged', pattern: 'flag|redacted' },
    ],
  })
  assert.deepEqual(own.text('x deploy --token abc end y'), { text: 'x [redacted:line] y', count: 2 })
  assert.deepEqual(own.text('a --token abc'), { text: 'a --token [redacted:flag]', count: 1 })
  const cut = await redactor({ rules: [{ id: 'tail', pattern: 'flag\\] [a-z]+' }] })
  assert.equal(cut.text('a --token abc rest').text, 'a --token [redacted:tail]')
})

test('a rule looks only where it is told to', async () => {
  const at = async (where: NonNullable<Rules['rules']>[number]['where'], text: string, place: Parameters<Redactor['text']>[1]) =>
    (await redactor({ rules: [{ ...order, ...(where && { where }) }] })).text(text, place).count
  const command = 'NR=ORD-11111111 ship https://x.test/ORD-22222222 ORD-33333333'
  assert.equal(await at(undefined, command, 'arguments'), 3)
  assert.equal(await at(['arguments'], command, 'arguments'), 3)
  assert.equal(await at(['environment'], command, 'arguments'), 1)
  assert.equal(await at(['url'], command, 'arguments'), 1)
  assert.equal(await at(['environment', 'url'], command, 'arguments'), 2)
  assert.equal(await at(['path'], command, 'arguments'), 0)
  assert.equal(await at(['path'], '/srv/ORD-11111111', 'path'), 1)
  assert.equal(await at(['arguments'], '/srv/ORD-11111111', 'path'), 0)
  assert.equal(await at(['url'], 'ORD-11111111.shop.test', 'address'), 1)
  assert.equal(await at(['path'], command, 'any'), 3, 'of a text of which nobody knows what it is every rule sees all')
})

test('an act is looked at place by place, also when the same text was clean elsewhere', async () => {
  const own = await redactor({ rules: [{ ...order, where: ['path'] }] })
  const act: Act = {
    class: 'observation',
    sensor: 'falco',
    rule: null,
    at: null,
    action: 'open',
    target: { type: 'path', path: 'ORD-12345678', partial: true },
    access: null,
    subject: { ...nobody, commandLine: 'ORD-12345678', workload: 'ORD-12345678' },
    severity: null,
    confidence: 1,
    effect: 'observed',
    actionTaken: null,
    tags: ['ORD-12345678'],
  }
  const { act: clean, redacted } = own.act(act)
  assert.equal(redacted, 1)
  assert.deepEqual(clean, { ...act, target: { type: 'path', path: 'ORD-[redacted:order-number]', partial: true } })
  assert.deepEqual(own.act(act), { act: clean, redacted: 1 })
  assert.equal(builtIn.act(act).act, act)
})

test('an exception leaves in what it covers as a whole, of the rule that it names', async () => {
  const reason = 'no person'
  const own = await redactor({
    rules: [order],
    except: [
      { rule: 'email', pattern: 'noreply@example\\.com', reason },
      { rule: 'order-number', pattern: '0+', reason },
    ],
  })
  assert.equal(own.text('noreply@example.com').text, 'noreply@example.com')
  assert.equal(own.text('xnoreply@example.com').text, '[redacted:email]')
  assert.equal(own.text('ORD-00000000 ORD-00000001').text, 'ORD-00000000 ORD-[redacted:order-number]')
  assert.equal(own.text('--token noreply@example.com').text, '--token [redacted:flag]')
})

test('a rule that is switched off is, and no other', async () => {
  const own = await redactor({ disable: [{ rule: 'email', reason: 'user names are addresses here' }] })
  assert.equal(own.text('somebody@example.com').text, 'somebody@example.com')
  assert.equal(own.text('--token somebody@example.com').text, '--token [redacted:flag]')
})

test('a text with more matches than can be told apart is replaced as a whole', async () => {
  const own = await redactor({ rules: [{ id: 'any-x', pattern: 'x' }, session] })
  assert.deepEqual(own.text('x'.repeat(2000)), { text: '[redacted:any-x]', count: 1 })
  assert.deepEqual(own.text('sid=1 '.repeat(1001)), { text: '[redacted:session]', count: 1 })
})

test('whatever stands around it, what a rule names does not survive', async () => {
  const own = await redactor({ rules: [order, session, { id: 'noise', pattern: '[A-Za-z]+[=:]|redacted' }] })
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
      const { text } = own.text(`${before} ORD-86753091 --sid=Tr0ub4dor ${after}`)
      assert.ok(!text.includes('86753091') && !text.includes('Tr0ub4dor'), text)
    }),
  )
})
