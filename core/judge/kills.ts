import type { Behaviour, Sighting } from '../model/behaviour.ts'
import { eventMs } from '../model/time.ts'
import type { Watch } from '../model/watch.ts'

/**
 * How long after the request a process may end and still have been ended by it. The kernel delivers the signal at once; where a policy
 * only reports (monitor mode), the process lives on and may be killed by something else much later.
 */
export const KILL_REACH_MS = 10_000
/** The signal that a sensor's kill sends; nothing can catch it, so whoever ends by it was ended. */
const KILL = 'SIGKILL'

type Sightings = Behaviour['sightings']

/**
 * Proves kills: a request is no outcome, but the end of that very process by SIGKILL, within ten seconds of every act of the sighting,
 * is. Gives the sightings with the effect `terminated` where that is so and as they are where it is not.
 */
export function killProof(watch: Iterable<Watch>): (sightings: Sightings) => Sightings {
  const ends = new Map<string, number[]>()
  for (const signal of watch) {
    if (signal.kind !== 'end' || signal.signal !== KILL) continue
    const key = processKey(signal.sensor, signal.process)
    const known = ends.get(key)
    if (known) known.push(eventMs(signal.at))
    else ends.set(key, [eventMs(signal.at)])
  }
  const isProven = ({ sensor, toKill, effect, first, last }: Sighting): boolean =>
    effect === 'unknown' &&
    toKill !== null &&
    first !== null &&
    last !== null &&
    (ends.get(processKey(sensor, toKill)) ?? []).some((end) => end >= eventMs(last) && end <= eventMs(first) + KILL_REACH_MS)
  return (sightings) => {
    if (ends.size === 0 || ![...sightings.values()].some(isProven)) return sightings
    return new Map(
      [...sightings].map(([key, sighting]) => [key, isProven(sighting) ? { ...sighting, effect: 'terminated' } : sighting]),
    )
  }
}

function processKey(sensor: string, process: string): string {
  return JSON.stringify([sensor, process])
}
