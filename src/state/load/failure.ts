import { RunproofError } from '../../../core/model/errors.ts'
import type { Place } from '../model/resource.ts'

/**
 * A gossfile that cannot be loaded. `message` is goss's own text where goss refuses it too, so that what people search for is found;
 * `place` is where, as far as it is known. `validate` ends with `loadExitCode` on it, every other command with 1.
 */
export class GossfileError extends RunproofError {
  readonly place: Place | null

  constructor(message: string, place: Place | null = null, options?: ErrorOptions) {
    super('gossfile.invalid', message, options)
    this.place = place
  }
}

/** What goss's `validate` ends with when there is nothing to run. */
export const loadExitCode = 78
