import * as z from 'zod/mini'

const spots = z.array(z.string().check(z.minLength(1), z.maxLength(500))).check(z.maxLength(20))

/**
 * What a sensor cannot see however well it watches: sensor → behaviour → in words. That nothing was seen is a proof only up to this
 * ceiling, and of a sensor that is not described it is none (`catalogue/blind-spots.json`).
 */
export const BlindSpotsSchema = z.record(
  z.string().check(z.minLength(1), z.maxLength(63)),
  z.strictObject({
    exec: spots,
    open: spots,
    connect: spots,
    privilege_change: spots,
    syscall: spots,
    resource: spots,
    state: spots,
  }),
)
export type BlindSpots = Readonly<z.infer<typeof BlindSpotsSchema>>

/** Sensors of which there may be several, each with a cadence of its own: `state-cis` cannot see what `state` cannot see. */
const families = ['state', 'goss', 'rspec', 'inspec', 'junit', 'sarif', 'xccdf'] as const

function familyOf(sensor: string): (typeof families)[number] | undefined {
  return families.find((name) => sensor.startsWith(`${name}-`))
}

/** The descriptions without those that {@link blindSpotsFor} added: what they were made from. */
export function blindSpotsBefore(described: BlindSpots): BlindSpots {
  const own = Object.entries(described).filter(([sensor, spots]) => {
    const family = familyOf(sensor)
    return family === undefined || JSON.stringify(spots) !== JSON.stringify(described[family])
  })
  return Object.fromEntries(own)
}

/** The descriptions with those of the named sensors that belong to a described family (`state-…`, `goss-…`). */
export function blindSpotsFor(described: BlindSpots, sensors: readonly string[]): BlindSpots {
  const added = sensors.flatMap((sensor) => {
    const family = familyOf(sensor)
    const spots = family === undefined || Object.hasOwn(described, sensor) ? undefined : described[family]
    return spots === undefined ? [] : [[sensor, spots] as const]
  })
  return added.length === 0 ? described : { ...described, ...Object.fromEntries(added) }
}
