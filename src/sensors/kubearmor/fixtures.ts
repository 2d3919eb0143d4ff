import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Act, Target } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { kubearmor } from './connector.ts'

const here = new URL('fixtures/', import.meta.url)

function fixture(name: string): readonly JsonObject[] {
  const lines = readFileSync(new URL(name, here), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as JsonObject)
}

export const alerts = fixture('kubearmor-1.6.5-alerts.ndjson')
export const logs = fixture('kubearmor-1.6.5-logs.ndjson')
export const health = fixture('kubearmor-1.6.5-health.ndjson')
export const daemon = fixture('kubearmor-1.6.5-daemon.ndjson')
export const sidekick = fixture('kubearmor-sidekick-0.1.0.ndjson')

/** The act that an event is read as. */
export function actOf(event: JsonObject | undefined): Act {
  const reading = kubearmor.read(event ?? {})
  assert.ok((reading.class === 'detection' || reading.class === 'observation') && reading.act, JSON.stringify(reading))
  return reading.act
}

/** The alert of that policy. */
export function alert(policy: string): JsonObject {
  const event = alerts.find((candidate) => candidate['PolicyName'] === policy)
  assert.ok(event, policy)
  return event
}

/** A network end of which only this much is known. */
export function address(to: Partial<Extract<Target, { type: 'address' }>>): Target {
  return { type: 'address', address: null, name: null, port: null, protocol: null, direction: 'out', ...to }
}
