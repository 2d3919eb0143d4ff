import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits } from './limits.ts'
import { createParse } from './parse.ts'

const { text } = createParse(defaultLimits, [])

test('an escaped key is the key that is written, or the event is refused; never another key', () => {
  assert.deepEqual(text(String.raw`{"t":1,"\\":2}`), { t: 1, '\\': 2 })
  const read = text(String.raw`{"t":1,"\u0041":2}`)
  if (typeof read === 'string') assert.equal(read, 'misread_key')
  else assert.deepEqual(read, { t: 1, A: 2 })
})

test('escapes in values, and colons in them, disturb nothing', () => {
  assert.deepEqual(text(String.raw`{"a":"x\"y\": z","b":["\\",{"c":"\u0041:"}]}`), { a: 'x"y": z', b: ['\\', { c: 'A:' }] })
  assert.deepEqual(text(String.raw`{"k8s\/label":1,"\u003ca\u003e":2}`), { 'k8s/label': 1, '<a>': 2 })
})

test('a text of nothing but backslashes is looked at in linear time', () => {
  const value = '\\\\'.repeat(200_000)
  assert.equal(typeof text(`{"a":"${value}","b\\u0041":1}`), 'object')
})
