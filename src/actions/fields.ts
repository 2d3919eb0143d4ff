import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { Context } from './action.ts'
import type { ScopeName } from '../store/state/manifests.ts'

/** Fields that several acts have, each with its limit. */
export const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))
export const Name = z
  .string()
  .check(z.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower case letters, digits and dashes'))
export const NameOrAny = z.union([z.literal('*'), Name])
export const Digest = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'))
export const Fingerprint = z.string().check(z.regex(/^rpf1:[0-9a-f]{64}$/, 'must be rpf1: and 64 hex digits'))

/** A number that a query or a flag writes as text. */
export const whole = (least: number, most: number) =>
  z.pipe(
    z.union([z.int(), z.string().check(z.regex(/^-?\d{1,15}$/, 'must be a whole number'))]),
    z.pipe(
      z.transform((value: number | string) => Number(value)),
      z.int().check(z.gte(least), z.lte(most)),
    ),
  )

/** How many of a list, and from where on. */
export const page = {
  limit: orElse(whole(1, 200), 50),
  before: z.optional(whole(1, Number.MAX_SAFE_INTEGER)),
}

/** Both or neither: an application without its environment would mean another one than was asked for. */
export const scopeFields = { application: z.optional(Name), environment: z.optional(Name) }

/** @throws RunproofError `request.invalid` when only one of the two is given */
export function scopeIn({
  application,
  environment,
}: {
  readonly application?: string | undefined
  readonly environment?: string | undefined
}): ScopeName | null {
  if (application === undefined && environment === undefined) return null
  if (application === undefined || environment === undefined) {
    throw new RunproofError('request.invalid', 'give application and environment together, or neither')
  }
  return { application, environment }
}

/** @throws RunproofError `scope.unknown` */
export function knownScope({ state }: Context, scope: ScopeName): ScopeName {
  if (state.scope(scope) === null) {
    throw new RunproofError('scope.unknown', `nobody published a manifest for ${scope.application}/${scope.environment}`)
  }
  return scope
}
