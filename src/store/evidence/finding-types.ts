import type { Severity } from '../../../core/model/severity.ts'
import type { Finding } from '../../../core/model/judgement.ts'
import type { EventTime, Instant } from '../../../core/model/time.ts'
import type { ScopeName } from './types.ts'

export const findingStates = ['violation', 'waived', 'excepted', 'unmapped'] as const
export type FindingState = (typeof findingStates)[number]

/** A judged finding as it is listed and searched. */
export type FindingRow = {
  readonly windowId: string
  readonly scope: ScopeName
  readonly windowStart: Instant
  readonly control: string | null
  readonly fingerprint: string
  /** `namespace/name`; null: it could not be attributed. */
  readonly workload: string | null
  /** Declared workloads that it concerns. */
  readonly workloads: readonly string[]
  readonly action: string | null
  readonly severity: Severity
  readonly confidence: number
  readonly state: FindingState
  readonly count: number
  readonly first: EventTime | null
  readonly last: EventTime | null
  readonly executable: string | null
  readonly target: string | null
  readonly sensors: readonly string[]
  readonly rules: readonly string[]
  readonly commandLines: readonly string[]
  readonly pods: readonly string[]
  readonly recurrence: Finding['recurrence']
  readonly reportDigest: string
}
