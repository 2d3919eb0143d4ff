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
