import { durationMs } from '../../core/model/duration.ts'
import { instantOf } from '../../core/model/time.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { eventEntry } from '../store/ledger/entries.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { Objects } from '../store/objects/objects.ts'
import { immediately } from '../store/sqlite.ts'
import type { AccessLogRows } from '../store/state/access-log.ts'
import type { ScopeName } from '../store/state/manifests.ts'
import type { State } from '../store/state/state.ts'

export type HousekeepingOptions = {
  readonly ledger: Pick<Ledger, 'db' | 'transaction'>
  readonly state: State
  readonly objects: Objects
  readonly accessLog: Pick<AccessLogRows, 'forgetAccesses'>
  readonly manifestOf: (id: number) => Manifest
  /** Deletes raw evidence that was received before and is folded. */
  readonly pruneRaw: (beforeMs: number) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly rawRetentionMs: number
  readonly accessLogRetentionMs: number
  /** Until then a window may still be judged anew, and needs its evidence. */
  readonly latenessMs: number
  readonly onExpired: (expired: { readonly window: string; readonly keptFor: string; readonly files: number }) => void
  /** Something of a round failed: how many rounds in succession by now, and when the next one comes. */
  readonly onFailed: (failed: { readonly error: Error; readonly failures: number; readonly againInMs: number }) => void
}

export type Housekeeping = {
  /**
   * Deletes what nobody promised to keep any longer, at most once an hour. After a round of which something failed, the next comes a minute
   * later, then two, four and so on up to the hour.
   */
  readonly round: () => void
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const ACCESSES_AT_ONCE = 1_000
const WINDOWS_AT_ONCE = 50
const FILES_AT_ONCE = 500

/**
 * Retention. Sealed evidence goes only when the manifest that governs its window says so, and never what the next window follows, what an
 * open case rests on, or what late evidence may still join; its report, its signature and its ledger entry stay, and the ledger says
 * that it went.
 */
export function createHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { now, onFailed } = options
  let dueMs = 0
  let failures = 0
  return {
    round() {
      if (now() < dueMs) return
      const error = failureOf(partsOf(options))
      failures = error === null ? 0 : failures + 1
      const againInMs = error === null ? HOUR_MS : Math.min(MINUTE_MS * 2 ** (failures - 1), HOUR_MS)
      dueMs = now() + againInMs
      if (error !== null) onFailed({ error, failures, againInMs })
    },
  }
}

function partsOf(options: HousekeepingOptions): readonly (() => void)[] {
  const { state, now, pruneRaw, rawRetentionMs } = options
  return [
    () => pruneRaw(now() - Math.max(rawRetentionMs, longestRaw(options))),
    () => forgetAccesses(options),
    () => {
      const error = failureOf(state.scopes().map((scope) => () => expireEvidence(options, scope)))
      if (error !== null) throw error
    },
    () => removeExpired(options),
  ]
}

/** Does every part: what is to be forgotten is forgotten beside a disk that is broken elsewhere. Null: nothing failed. */
function failureOf(parts: readonly (() => void)[]): Error | null {
  const errors = parts.flatMap((part) => {
    try {
      part()
      return []
    } catch (error) {
      return [error instanceof Error ? error : new Error(String(error))]
    }
  })
  const [first, second] = errors
  if (first === undefined || second === undefined) return first ?? null
  return new AggregateError(errors, errors.map(({ message }) => message).join('; '))
}

/** Raw evidence of all applications lies in the same segments: the one that keeps it longest decides. */
function longestRaw({ state, manifestOf }: HousekeepingOptions): number {
  const kept = state.scopes().flatMap((scope) => {
    const newest = state.manifestsOf(scope).at(-1)
    const raw = newest === undefined ? undefined : manifestOf(newest.id).retention?.raw
    return raw === undefined ? [] : [durationMs(raw)]
  })
  return Math.max(0, ...kept)
}

/** In slices: what a service of years has noted is not deleted in one breath. */
function forgetAccesses({ ledger, accessLog, now, accessLogRetentionMs }: HousekeepingOptions): void {
  const from = instantOf(now() - accessLogRetentionMs)
  for (let slice = 0; slice < 100; slice++) {
    if (immediately(ledger.db, () => accessLog.forgetAccesses(from, ACCESSES_AT_ONCE)) < ACCESSES_AT_ONCE) return
  }
}

function expireEvidence(options: HousekeepingOptions, scope: ScopeName): void {
  const { state, manifestOf, now, latenessMs } = options
  for (const { id } of state.manifestsOf(scope)) {
    const keptFor = manifestOf(id).retention?.evidence
    if (keptFor === undefined) continue
    // For as long as evidence may come late, and a while more, a window may be judged anew.
    const keptMs = Math.max(durationMs(keptFor), latenessMs + DAY_MS)
    for (const window of state.expirableWindows(scope, id, instantOf(now() - keptMs), WINDOWS_AT_ONCE)) {
      expire(options, window, keptFor)
    }
  }
}

function expire({ state, ledger, now, onExpired }: HousekeepingOptions, window: string, keptFor: string): void {
  const digests = state.evidenceOf(window)
  ledger.transaction(({ append }) => {
    const spec = { window, evidence: [...digests], keptFor }
    const [entry] = append([eventEntry('evidenceExpired', spec, `expired:${window}`)])
    if (!entry) throw new Error('the ledger did not answer for the entry')
    const expiredAt = instantOf(now())
    for (const digest of digests) {
      state.insertExpired({ digest, windowId: window, expiredAt, keptFor, ledgerIndex: entry.index })
    }
  })
  onExpired({ window, keptFor, files: digests.length })
}

/** After the commit that says so; what a crash left is found again. */
function removeExpired({ ledger, state, objects }: HousekeepingOptions): void {
  const gone = state.expiredThere(FILES_AT_ONCE)
  for (const digest of gone) objects.remove(digest)
  if (gone.length > 0) immediately(ledger.db, () => gone.forEach(state.setRemoved))
}
