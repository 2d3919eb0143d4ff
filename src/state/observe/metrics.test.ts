import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { resultOf } from '../fixtures.ts'
import { nowMs, watchedOf } from './fixtures.ts'
import { metricsText } from './metrics.ts'

test('whatever an id holds, every line of the metrics is one series', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const text = metricsText([watchedOf([resultOf({ id })])], { runs: new Map(), drifts: new Map(), hooks: [] }, nowMs)
      for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('# ')))
        assert.match(line, /^[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? -?[0-9.e+]+$/u)
    }),
  )
})
