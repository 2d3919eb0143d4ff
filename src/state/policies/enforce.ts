import type { Enforcement, Policy } from './model.ts'

/** What stands for every environment. */
export const ALL = 'all'

/** How a policy holds in an environment. */
export type Enforced = {
  readonly rule: Enforcement
  /** The policy says that failures are accepted here, in these words. */
  readonly exception: string | null
}

/**
 * The rule of this environment: the one that names it, else the one for all; null: the policy does not speak of this environment.
 * `environment` null: nobody said where this is, so only what holds everywhere holds.
 */
export function enforcedIn({ enforcement }: Pick<Policy, 'enforcement'>, environment: string | null): Enforced | null {
  const named = environment === null ? undefined : enforcement.find((rule) => isSame(rule.environment, environment))
  const rule = named ?? enforcement.find((one) => isSame(one.environment, ALL))
  if (rule === undefined) return null
  const excepted = rule.exceptions.find((one) => isSame(one, ALL) || (environment !== null && isSame(one, environment)))
  if (excepted === undefined) return { rule, exception: null }
  const where = isSame(excepted, ALL) ? 'in every environment' : `in ${environment ?? ''}`
  return { rule, exception: `the policy accepts failures ${where}` }
}

/** SARIF's level of a failure. */
export type Level = 'error' | 'warning' | 'note' | 'none'

/** As INTERCEPT grades them: a fatal policy's failure is an error; another's is graded by confidence and exception. */
export function levelOf({ rule: { fatal, confidence }, exception }: Enforced): Level {
  if (fatal) return 'error'
  const isExcepted = exception !== null
  if (confidence === 'high') return isExcepted ? 'warning' : 'error'
  if (confidence === 'low') return isExcepted ? 'note' : 'warning'
  return confidence === 'info' && isExcepted ? 'none' : 'warning'
}

/** Which policies are asked for: any of these tags, and all of those; a policy's id is one of its tags. Case does not matter. */
export type TagFilter = { readonly any: readonly string[]; readonly all: readonly string[] }

export function isTagged({ id, tags }: Pick<Policy, 'id' | 'tags'>, { any, all }: TagFilter): boolean {
  const own = new Set([id, ...tags].map(folded))
  return (any.length === 0 || any.some((tag) => own.has(folded(tag)))) && all.every((tag) => own.has(folded(tag)))
}

/** Variables in which deployment tools say where a program runs, the most particular first. */
export const environmentVariables = [
  'RUNPROOF_ENVIRONMENT',
  'DEPLOYMENT_ENVIRONMENT',
  'DEPLOY_ENV',
  'APP_ENVIRONMENT',
  'APP_ENV',
  'ENVIRONMENT',
  'ASPNETCORE_ENVIRONMENT',
  'DOTNET_ENVIRONMENT',
  'SPRING_PROFILES_ACTIVE',
  'MICRONAUT_ENVIRONMENTS',
  'QUARKUS_PROFILE',
  'RAILS_ENV',
  'RACK_ENV',
  'DJANGO_ENV',
  'FLASK_ENV',
  'LARAVEL_ENV',
  'MIX_ENV',
  'GO_ENV',
  'NODE_ENV',
  'CI_ENVIRONMENT_NAME',
  'STAGE',
] as const

/** Where this is, as the first of these variables that is set says; null: none is. */
export function detectEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): { readonly environment: string; readonly variable: string } | null {
  for (const variable of environmentVariables) {
    const environment = env[variable]?.trim() ?? ''
    if (environment !== '' && environment.length <= 100) return { environment, variable }
  }
  return null
}

function isSame(one: string, other: string): boolean {
  return folded(one) === folded(other)
}

function folded(text: string): string {
  return text.trim().toLowerCase()
}
