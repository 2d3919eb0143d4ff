import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visibleText } from './visible-text.ts'

test('control characters are shown, everything else stays', () => {
  assert.equal(visibleText('a\u001b[31mb\nc\u009bd'), 'a\\x1b[31mb\\x0ac\\x9bd')
  assert.equal(visibleText('Zoë → 日本 🙂'), 'Zoë → 日本 🙂')
})
