import type { Behaviour } from '../model/behaviour.ts'
import type { Finding } from '../model/judgement.ts'
import { ReadBehaviour } from './read-behaviour.ts'

/** A finding on its way through the procedure: where its samples were not made yet, the behaviour stands that has them. */
export type Found = Omit<Finding, 'samples'> & { samples: Finding['samples'] | ReadBehaviour }

/** The samples of a behaviour, if they need not be made first. */
export function samplesAtHand(behaviour: Behaviour): Found['samples'] {
  return behaviour instanceof ReadBehaviour ? behaviour : (behaviour.samples as Finding['samples'])
}

/** The same findings, every one with its samples now. */
export function withSamples(findings: readonly Found[]): Finding[] {
  for (const finding of findings)
    if (finding.samples instanceof ReadBehaviour) finding.samples = finding.samples.samples as Finding['samples']
  return findings as Finding[]
}
