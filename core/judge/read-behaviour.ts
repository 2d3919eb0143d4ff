import type { Behaviour, Fingerprint, Identity, Sample } from '../model/behaviour.ts'

/**
 * A behaviour as it was read from its line. Its samples were checked then and are made whenever somebody asks: the procedure does not, and
 * of a hundred thousand behaviours they are a third of the memory.
 */
export class ReadBehaviour implements Behaviour {
  readonly fingerprint: Fingerprint
  readonly identity: Identity
  readonly sightings: Behaviour['sightings']
  /** Identity and samples as they lie in the line. */
  readonly identityText: string
  readonly samplesText: string
  readonly #samplesOf: (text: string) => readonly Sample[]

  constructor(
    read: Pick<ReadBehaviour, 'fingerprint' | 'identity' | 'sightings' | 'identityText' | 'samplesText'>,
    samplesOf: (text: string) => readonly Sample[],
  ) {
    this.fingerprint = read.fingerprint
    this.identity = read.identity
    this.sightings = read.sightings
    this.identityText = read.identityText
    this.samplesText = read.samplesText
    this.#samplesOf = samplesOf
  }

  get samples(): readonly Sample[] {
    return this.#samplesOf(this.samplesText)
  }

  get written(): { readonly identity: string; readonly samples: string } {
    return { identity: this.identityText, samples: this.samplesText }
  }
}
