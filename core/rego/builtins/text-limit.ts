import type { Meter } from '../compare.ts'
import { BuiltinError } from './builtin.ts'

/** In UTF-16 units. Text that a few calls double again and again is refused before it fills the memory. */
const MAX_TEXT = 32 * 1024 * 1024
const CHARACTERS_PER_STEP = 16

/** Pays for text of this length before it is made. @throws BuiltinError beyond 32 Mi characters. */
export function room(meter: Meter, length: number): void {
  fits(length)
  meter.spend((length / CHARACTERS_PER_STEP) | 0)
}

/** For text that grows piece by piece and is paid for at the end. @throws BuiltinError beyond 32 Mi characters. */
export function fits(length: number): void {
  if (length > MAX_TEXT) throw new BuiltinError(`a string longer than ${MAX_TEXT} characters`)
}
