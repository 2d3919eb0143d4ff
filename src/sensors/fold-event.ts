import type { Fold } from '../../core/judge/fold.ts'
import { tallyNames } from '../../core/model/intake.ts'
import { hmacSha256Hex } from '../../core/proof/hmac.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import type { ActReading, Reading } from './connector.ts'
import { builtIn, type Redactor } from './redact.ts'

/** What was read of an event, and its exact bytes, which few ask for. */
export type FoldableEvent = { readonly reading: Reading; readonly raw: Uint8Array }

/**
 * Adds one event to the window: redacted first, so that no secret can enter a fingerprint or a sample, then folded. Whatever it is, it
 * is counted. `redactor`: with the bundle's own rules where it has some.
 */
export function foldEvent(fold: Fold, event: FoldableEvent, digestKey: Uint8Array, redactor: Redactor = builtIn): void {
  const { reading } = event
  switch (reading.class) {
    case 'detection':
    case 'observation':
      beatOf(fold, reading, redactor)
      for (const signal of reading.watch ?? []) fold.watch(redactor.watch(signal))
      return foldAct(fold, reading, event, digestKey, redactor)
    case 'health':
      fold.beat(reading.instance, 'health', reading.at)
      for (const signal of reading.watch) fold.watch(redactor.watch(signal))
      return fold.count(`${reading.at === null ? tallyNames.healthUndated : tallyNames.health}/${reading.sensor}`)
    case 'ignored':
      return fold.count(`${tallyNames.ignored}/${reading.sensor}/${reading.reason}`)
    case 'malformed':
      return fold.count(`${tallyNames.malformed}/${reading.reason}`)
  }
}

function beatOf(fold: Fold, { class: kind, instance, at, countedAs = null }: ActReading, { mayKeep }: Redactor): void {
  if (kind === 'detection') fold.beat(instance, 'activity', at, 1, countedAs, mayKeep)
  else fold.beat(instance, 'activity', at)
}

function foldAct(fold: Fold, reading: ActReading, event: FoldableEvent, digestKey: Uint8Array, redactor: Redactor): void {
  const { parts, at } = reading
  if (parts !== undefined && at !== null && redactor.isClean(parts) && fold.again(parts, at)) return
  if (reading.act === null) return fold.count(`${tallyNames.noAct}/${reading.sensor}`)
  const { act, redacted } = redactor.act(reading.act, parts)
  // Whoever has the digest of a line and guesses its secret could check the guess: such digests are keyed.
  const digest = (): string => (redacted > 0 ? hmacSha256Hex(digestKey, event.raw) : sha256Hex(event.raw))
  // What was redacted is no longer what its parts say.
  fold.act(act, digest, redacted, redacted > 0 ? undefined : parts)
}
