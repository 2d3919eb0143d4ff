import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { sha256Hex } from '../proof/sha256.ts'
import { boundAct, boundName, boundWatch } from './bound.ts'
import { act, counters, minute } from './fixtures.ts'

test('an act within the bounds is handed on as it is', () => {
  const small = act({ tags: ['T1059'] })
  assert.equal(boundAct(small), small)
  const brimful = act({
    target: { type: 'path', path: 'x'.repeat(4096), partial: false },
    subject: { commandLine: 'y'.repeat(8192) },
  })
  assert.equal(boundAct(brimful), brimful)
})

test('a text that is too long keeps its beginning and the digest of the whole, so that two long paths stay two', () => {
  const long = `/${'a'.repeat(5000)}`
  const { target } = boundAct(act({ target: { type: 'path', path: long, partial: false } }))
  assert.ok(target?.type === 'path')
  assert.equal(target.path.length, 4096)
  assert.equal(target.path, `${long.slice(0, 4096 - 72)}…sha256:${sha256Hex(long)}`)
  const other = boundAct(act({ target: { type: 'path', path: `${long}b`, partial: false } })).target
  assert.notDeepEqual(other, target)
})

test('lists end after 32 entries and say how many more there were', () => {
  const ancestors = Array.from({ length: 40 }, (_, index) => `/bin/${index}`)
  const { subject, tags } = boundAct(act({ tags: ancestors, subject: { ancestors } }))
  assert.equal(subject.ancestors.length, 32)
  assert.equal(subject.ancestors[30], '/bin/30')
  assert.equal(subject.ancestors[31], '… and 9 more')
  assert.deepEqual(tags, subject.ancestors)
})

test('whatever comes, every text is within its bounds and can be sealed', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom('\ud800', 'x\udfff', 'ä'.repeat(9000), '\ud83d\ude00'.repeat(4000)),
  )
  const target = fc.oneof(
    fc.record({ type: fc.constant('path' as const), path: text, partial: fc.boolean() }),
    fc.record({ type: fc.constant('capability' as const), name: text }),
    fc.record({
      type: fc.constant('address' as const),
      address: text,
      name: text,
      port: fc.constant(1),
      protocol: text,
      direction: fc.constant('out' as const),
    }),
  )
  fc.assert(
    fc.property(text, text, target, fc.array(text, { maxLength: 3 }), (one, two, where, many) => {
      const bounded = boundAct(
        act({
          sensor: one,
          rule: two,
          actionTaken: one,
          target: where,
          tags: many,
          subject: { pod: two, commandLine: one, ancestors: many },
        }),
      )
      const { tags, subject, ...rest } = bounded
      const texts = [
        rest.sensor,
        rest.rule,
        rest.actionTaken,
        subject.pod,
        ...Object.values(rest.target ?? {}),
        ...tags,
        ...subject.ancestors,
      ]
      for (const each of texts) if (typeof each === 'string') assert.ok(each.length <= 4096 && each.isWellFormed())
      assert.ok(subject.commandLine !== null && subject.commandLine.length <= 8192 && subject.commandLine.isWellFormed())
    }),
  )
})

test('half a character becomes the replacement character, not an error when sealing', () => {
  assert.equal(boundAct(act({ rule: 'a\ud800b' })).rule, 'a\ufffdb')
  assert.equal(boundAct(act({ subject: { node: '\udc00' } })).subject.node, '\ufffd')
  assert.equal(boundName('ignored/falco/\ud800'), 'ignored/falco/\ufffd')
  assert.equal(boundName('x'.repeat(1000)).length, 300)
})

test('signals are bounded too', () => {
  const long = 'n'.repeat(5000)
  const fault = boundWatch({ kind: 'fault', sensor: 'falco', node: long, at: minute(1), what: long, lasting: false })
  assert.ok(fault.kind === 'fault' && fault.node?.length === 4096 && fault.what.length === 4096)
  const throttle = boundWatch({ kind: 'throttle', sensor: 'falco', node: null, at: minute(1), state: 'start', scope: long })
  assert.ok(throttle.kind === 'throttle' && throttle.scope?.length === 4096 && throttle.node === null)
  const loss = { kind: 'loss', sensor: 'falco', node: 'n1', from: minute(1), to: minute(2), dropped: 1, received: null } as const
  assert.deepEqual(boundWatch(loss), loss)
})

test('policies end after 256 names in the order of their names, and say how many more there were', () => {
  const policies = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`p${String(299 - index).padStart(3, '0')}`, 'digest']),
  )
  const bounded = boundWatch(counters(minute(1), { policies }))
  assert.ok(bounded.kind === 'counters')
  const names = Object.keys(bounded.policies)
  assert.equal(names.length, 256)
  assert.deepEqual([names[0], names[254], names[255]], ['p000', 'p254', '…'])
  assert.equal(bounded.policies['…'], 'and 45 more')
})

test('a policy that is named like a prototype can be sealed and read back', () => {
  const policies = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
  const bounded = boundWatch(counters(minute(1), { policies }))
  assert.ok(bounded.kind === 'counters')
  assert.deepEqual(Object.entries(bounded.policies), [
    ['(__proto__)', 'x'],
    ['constructor', 'y'],
  ])
})
