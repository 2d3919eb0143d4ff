import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Act, Target } from '../../../core/model/act.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { defaultLimits } from '../read/limits.ts'
import { createParse } from '../read/parse.ts'
import { tracee } from './connector.ts'

const here = new URL('fixtures/', import.meta.url)
const parse = createParse(defaultLimits, tracee.exactIntegers ?? [])

/** One event as the reader hands it over. */
export function parsed(text: string): JsonObject {
  const event = parse.text(text)
  assert.ok(typeof event !== 'string', text)
  return event
}

function fixture(name: string): readonly JsonObject[] {
  return readFileSync(new URL(name, here), 'utf8').trim().split('\n').map(parsed)
}

export const classic = fixture('tracee-0.24.1-events.ndjson')
export const classicDetections = fixture('tracee-0.24.1-detections.ndjson')
export const flat = fixture('tracee-0.11.0-events.ndjson')
export const v1beta1 = fixture('tracee-main-2026-08-events.ndjson')
export const v1beta1Detections = fixture('tracee-main-2026-08-detections.ndjson')
export const all = [classic, classicDetections, flat, v1beta1, v1beta1Detections].flat()

/** The event at that place of its file, from 1. */
export function at(events: readonly JsonObject[], line: number): JsonObject {
  const event = events[line - 1]
  assert.ok(event, `line ${line}`)
  return event
}

/** The event of that name. */
export function called(events: readonly JsonObject[], name: string): JsonObject {
  const event = events.find((candidate) => candidate['eventName'] === name || candidate['name'] === name)
  assert.ok(event, name)
  return event
}

/** The act that an event is read as. */
export function actOf(event: JsonObject): Act {
  const reading = tracee.read(event)
  assert.ok((reading.class === 'detection' || reading.class === 'observation') && reading.act, JSON.stringify(reading))
  return reading.act
}

export function healthOf(event: JsonObject): Extract<Reading, { class: 'health' }> {
  const reading = tracee.read(event)
  assert.ok(reading.class === 'health')
  return reading
}

/** A network end of which only this much is known. */
export function address(to: Partial<Extract<Target, { type: 'address' }>>): Target {
  return { type: 'address', address: null, name: null, port: null, protocol: null, direction: 'out', ...to }
}
