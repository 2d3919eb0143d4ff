import { instantMs } from '../../core/model/time.ts'
import { falcoLine } from './falco.ts'
import { kubearmorLine } from './kubearmor.ts'
import type { Moment } from './moment.ts'
import { tetragonLine } from './tetragon.ts'
import { traceeLine } from './tracee.ts'

const lines: ReadonlyMap<string, (moment: Moment) => string> = new Map([
  ['falco', falcoLine],
  ['tetragon', tetragonLine],
  ['kubearmor', kubearmorLine],
  ['tracee', traceeLine],
])

/** Whether events of this sensor can be generated. */
export function isGenerated(sensor: string): boolean {
  return lines.has(sensor)
}

export type Stream = {
  readonly lines: number
  /** Names of sensors, taken in turn. */
  readonly sensors: readonly string[]
  /** Every how many lines a behaviour comes that was not there before: 25 is 4 %. */
  readonly freshEvery?: number
  /** So many different behaviours at most, as a cluster that runs on has; then only repetitions come. */
  readonly behaviours?: number
}

/** The window that all events lie in: ten million of them take 67 minutes. */
export const hours = { from: '2026-03-02T09:00:00Z', to: '2026-03-02T11:00:00Z' } as const

/** Events a millisecond: a busy cluster. */
const RATE = 2.5
const CHUNK = 256 * 1024
const KNUTH = 2_654_435_769

/**
 * Sensor output as portions of bytes, made while it is read: the same arguments give the same bytes. Repetitions favour what is common:
 * half of them are of a sixteenth of the behaviours.
 */
export function* eventBytes({ lines: count, sensors, freshEvery = 25, behaviours = 8_000 }: Stream): Generator<Uint8Array> {
  const write = sensors.map((sensor) => {
    const line = lines.get(sensor)
    if (line === undefined) throw new RangeError(`no events of ${sensor} can be generated`)
    return line
  })
  const start = instantMs(hours.from)
  let text = ''
  for (let index = 0; index < count; index++) {
    const noise = Math.imul(index + 1, KNUTH) >>> 0
    const known = Math.min(behaviours, Math.floor(index / freshEvery) + 1)
    const isFresh = index % freshEvery === 0 && index / freshEvery < behaviours
    const share = (noise >>> 4) / 2 ** 28
    const behaviour = isFresh ? known - 1 : Math.floor(share ** 4 * known)
    const moment = {
      index,
      behaviour,
      ms: start + Math.floor(index / RATE),
      nanos: noise % 1_000_000,
      noise: 1000 + (noise >>> 12),
    }
    text += `${write[behaviour % write.length]?.(moment) ?? ''}\n`
    if (text.length < CHUNK) continue
    yield new TextEncoder().encode(text)
    text = ''
  }
  if (text !== '') yield new TextEncoder().encode(text)
}
