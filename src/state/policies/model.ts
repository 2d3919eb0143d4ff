import type { Severity } from '../../../core/model/severity.ts'

/** What a policy does in one environment. */
export type Enforcement = {
  /** A name, or `all`. */
  readonly environment: string
  /** A failure breaks whoever asked: it makes the audit non-compliant. */
  readonly fatal: boolean
  /** Environments in which failures are accepted; `all`: everywhere. */
  readonly exceptions: readonly string[]
  readonly confidence: Confidence | null
}

export const confidences = ['high', 'medium', 'low', 'info'] as const
export type Confidence = (typeof confidences)[number]

/** One runtime policy of a `Policies:` file: which gossfile holds, where, and how much that matters. */
export type Policy = {
  readonly id: string
  readonly enforcement: readonly Enforcement[]
  readonly name: string | null
  readonly description: string | null
  readonly tags: readonly string[]
  /** 0 to 10; null: not given. */
  readonly score: number | null
  readonly solution: string | null
  readonly error: string | null
  readonly helpUrl: string | null
  /** Path of the gossfile: as written, and made absolute or relative to where the program runs. */
  readonly config: string
  readonly configPath: string
  /** Cron expression; null: none of its own. */
  readonly schedule: string | null
  /** Files and folders whose change makes it run. */
  readonly paths: readonly string[]
  readonly place: PolicyPlace
}

export type PolicyPlace = { readonly file: string; readonly row: number | null }

/** Why a policy cannot be relied on (`error`), or what its author should know (`note`). */
export type PolicyProblem = {
  readonly level: 'error' | 'note'
  /** The policy's id where it has one. */
  readonly policy: string | null
  readonly message: string
  readonly place: PolicyPlace
}

/** Whom the results are told. */
export type Hook = {
  readonly name: string
  readonly endpoint: string
  readonly method: 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly events: readonly HookEvent[]
  readonly attempts: number
  readonly delayMs: number
  readonly timeoutMs: number
  /** Names of environment variables or files: secrets are not written into a policy. */
  readonly tokenEnv: string | null
  readonly secretEnv: string | null
  readonly isInsecure: boolean
}
export const hookEvents = ['results', 'policy', 'report', 'drift'] as const
export type HookEvent = (typeof hookEvents)[number]

/** What a whole file says beside its policies. */
export type PolicyConfig = {
  /** Schedule of policies that have none. */
  readonly schedule: string | null
  readonly reportSchedule: string | null
  readonly hooks: readonly Hook[]
  readonly tagsAny: readonly string[]
  readonly tagsAll: readonly string[]
  readonly environment: string | null
}

export type PolicyFile = {
  readonly policies: readonly Policy[]
  readonly problems: readonly PolicyProblem[]
  readonly config: PolicyConfig
}

/** How bad a failure is by a policy's score; null: it has none. */
export function severityOfScore(score: number | null): Severity | null {
  if (score === null) return null
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score >= 1 ? 'low' : 'info'
}

/** How sure a policy's author is of its checks; below 0.8 a failure asks for a person (docs/formats/manifest.md). */
export function sureness(confidence: Confidence | null): number {
  switch (confidence) {
    case null:
    case 'high':
      return 1
    case 'medium':
      return 0.7
    case 'low':
      return 0.6
    case 'info':
      return 0.5
  }
}
