import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFold } from '../../core/judge/fold.ts'
import { foldScopeOf, manifestOf, noFacts, windowFrom } from '../../core/judge/fixtures.ts'
import { match } from '../../core/judge/match.ts'
import { resolve } from '../../core/judge/resolve.ts'
import type { Intake } from '../../core/model/intake.ts'
import type { Finding } from '../../core/model/judgement.ts'
import { foldEvent, type FoldableEvent } from './fold-event.ts'
import { createEventReader } from './read/event-reader.ts'
import { connectors } from './registry.ts'

function taken(text: string): { readonly intake: Intake; readonly findings: readonly Finding[] } {
  const fold = createFold(foldScopeOf(manifestOf(), windowFrom()))
  const onEvent = (event: FoldableEvent): void => foldEvent(fold, event, new Uint8Array(32))
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent })
  reader.push(new TextEncoder().encode(text))
  reader.end()
  const intake = fold.intake()
  return { intake, findings: match(resolve(manifestOf()), intake, noFacts) }
}

const shell = 'Notice A shell was spawned (evt_type=execve command=sh k8s_ns=elsewhere k8s_pod_name=other-1)'

test('a shell that is told in text asks for a person at every workload that it could belong to', () => {
  const { findings } = taken(`2026-03-02T00:01:00.123456789Z: ${shell}\n`)
  const [finding, ...others] = findings.filter(({ control }) => control === 'no-shell')
  assert.deepEqual(others, [])
  assert.deepEqual(
    [finding?.because, finding?.workloads, finding?.attributed, finding?.confidence, finding?.placed],
    ['denied', ['shop/api'], false, 0.6, true],
  )
})

test('without a date it is unplaced', () => {
  const { intake, findings } = taken(`00:01:00.123456789: ${shell}\n`)
  assert.equal(findings.find(({ control }) => control === 'no-shell')?.placed, false)
  assert.equal(intake.tally.get('unplaced/falco'), 1)
})

test('text of any sensor shows no sensor alive', () => {
  const block = '== Log / 2026-03-02 00:01:00.123456 ==\nHostName: n1\nType: HostLog\nOperation: Process\n'
  for (const text of [`2026-03-02T00:01:00.123456789Z: ${shell}\n`, block])
    assert.equal([...taken(text).intake.watch.values()].filter(({ kind }) => kind === 'beat').length, 0)
})

test('the records of a batch of logs are counted once each, and shared by nobody', () => {
  const event = (second: number): string =>
    JSON.stringify({
      rule: 'Shell',
      priority: 'Notice',
      time: `2026-03-02T00:01:0${second}Z`,
      output_fields: { 'evt.type': 'execve' },
    })
  const logRecords = [event(1), event(2), 'started'].map((stringValue) => ({ body: { stringValue } }))
  const { intake } = taken(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
  const told = taken(`${event(1)}\n${event(2)}\nstarted\n`).intake
  assert.deepEqual(intake, told)
  assert.equal(intake.tally.get('detection/falco'), 2)
  assert.equal(intake.tally.get('malformed/not_json'), 1)
})
