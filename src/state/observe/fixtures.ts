// What the tests of watching are made of. Nothing else imports this file.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { here } from '../fixtures.ts'
import type { Result } from '../model/result.ts'
import type { Policy } from '../policies/model.ts'
import { readCron } from './cron.ts'
import type { Found } from './drift.ts'
import type { Reason, Watched } from './watched.ts'

/** A folder that goes with the test. */
export function scratch(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-observe-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const start: Reason = { kind: 'start', what: null }

export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await sleep(20)
  assert.ok(holds())
}

export const found = (rest: Partial<Found> = {}): Found => ({
  host: 'a',
  type: 'file',
  id: '/x',
  property: 'mode',
  outcome: 'pass',
  actual: '0644',
  ...rest,
})

const policy = (rest: Partial<Policy> = {}): Policy => ({
  id: 'HOST-001',
  enforcement: [],
  name: null,
  description: null,
  tags: [],
  score: null,
  solution: null,
  error: null,
  helpUrl: null,
  config: 'x',
  configPath: 'x',
  schedule: null,
  paths: [],
  place: { file: 'p.yaml', row: 1 },
  ...rest,
})

export const nowMs = Date.parse('2026-03-02T10:30:00Z')

export function watchedOf(
  results: readonly Result[],
  { fatal = true, exception = null as string | null, failure = null as string | null, id = 'HOST-001', host = 'web-1' } = {},
): Watched {
  const enforced = { rule: { environment: 'all', fatal, exceptions: [], confidence: null }, exception }
  const check = {
    target: { ...here, id: host },
    startedAt: '2026-03-02T10:00:00.000Z',
    endedAt: '2026-03-02T10:00:01.000Z',
    results,
    failure,
  }
  return {
    policy: policy({ id }),
    enforced,
    schedule: readCron('@hourly'),
    isRunning: false,
    last: {
      startedAt: '2026-03-02T10:00:00.000Z',
      endedAt: '2026-03-02T10:00:01.000Z',
      reason: start,
      run: { policy: policy({ id }), enforced, sources: [], hosts: [check] },
      problem: null,
      drift: [],
    },
  }
}
