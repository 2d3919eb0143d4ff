import type { Reading } from './connector.ts'

/** The reading with its act put together and without what it shares with others: two that say the same are equal, and print alike. */
export function plainReading(reading: Reading): Reading {
  if (reading.class !== 'detection' && reading.class !== 'observation') return reading
  const { class: kind, sensor, act, instance, at, countedAs = null, watch } = reading
  return { class: kind, sensor, act, instance, at, ...(countedAs !== null && { countedAs }), ...(watch && { watch }) }
}
