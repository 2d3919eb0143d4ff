import * as z from 'zod/mini'
import { API_VERSION } from './manifest.ts'

/** What ships, by the word in its mark; `docs/formats/redaction.md` describes each. */
export const builtInRedactions = [
  'private_key',
  'jwt',
  'aws_key',
  'token',
  'webhook',
  'auth_header',
  'userinfo',
  'flag',
  'assignment',
  'signature',
  'email',
] as const
export type BuiltInRedaction = (typeof builtInRedactions)[number]

/** Where a rule looks. `environment` and `url`: only within assignments (`NAME=value`) and addresses (`scheme://…`). */
export const redactionPlaces = ['arguments', 'environment', 'path', 'url', 'all'] as const
export type RedactionPlace = (typeof redactionPlaces)[number]

/** Few enough to be read by a person and to be tried on every text. */
export const redactionLimits = { bytes: 65_536, rules: 50, keys: 100, exceptions: 100 } as const

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const Pattern = text(512).check(z.describe('a regular expression in RE2 syntax; (?P<secret>…) marks the part to take out'))
const Reason = text(500).check(z.describe('why, in words; the report prints it'))

/** One entry of each list, so that one that is broken does not keep the others from being looked at. */
export const RedactionRuleSchema = z.strictObject({
  id: z
    .string()
    .check(
      z.regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, dashes and underscores, like order-number'),
      z.describe('the word in [redacted:…]'),
    ),
  pattern: z.optional(Pattern),
  keys: z.optional(
    z
      .array(
        z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits, dots, dashes and underscores')),
      )
      .check(
        z.minLength(1),
        z.maxLength(redactionLimits.keys),
        z.describe('names whose values are taken out: name=value, --name value, "name": "value", name: value'),
      ),
  ),
  where: z.optional(z.array(z.enum(redactionPlaces)).check(z.minLength(1), z.describe('default: all'))),
})

export const RedactionExceptionSchema = z.strictObject({ rule: text(40), pattern: Pattern, reason: Reason })
export const RedactionDisabledSchema = z.strictObject({ rule: z.enum(builtInRedactions), reason: Reason })

/** `redaction.yaml`: what a bundle takes out beyond the rules that ship, and, each with its reason, what it leaves in. */
export const RedactionSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('RedactionRules'),
  rules: z.optional(z.array(RedactionRuleSchema).check(z.maxLength(redactionLimits.rules))),
  except: z.optional(z.array(RedactionExceptionSchema).check(z.maxLength(redactionLimits.exceptions))),
  disable: z.optional(z.array(RedactionDisabledSchema).check(z.maxLength(builtInRedactions.length))),
})
export type Redaction = Readonly<z.infer<typeof RedactionSchema>>
export type RedactionRule = NonNullable<Redaction['rules']>[number]
export type RedactionException = NonNullable<Redaction['except']>[number]
export type RedactionDisabled = NonNullable<Redaction['disable']>[number]

const LeftIn = z.array(z.strictObject({ rule: text(40), reason: text(500) }))

/** What a report says about it. `digest`: of the canonical JSON of `redaction.yaml`; null without one. */
export const RedactionUseSchema = z.strictObject({
  rules: text(40),
  custom: z.int().check(z.gte(0)),
  excepted: LeftIn,
  disabled: LeftIn,
  digest: z.nullable(z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'))),
})
export type RedactionUse = Readonly<z.infer<typeof RedactionUseSchema>>

/** Names the set of rules that ship, which docs/formats/redaction.md lists: another set gives other fingerprints. */
export const REDACTION_RULES = 'redact/1'

/** What a report says of the rules that its events were read with; null: those that ship, and no others. */
export function redactionUse(own: { readonly redaction: Redaction; readonly digest: string } | null): RedactionUse {
  const { rules = [], except = [], disable = [] } = own?.redaction ?? {}
  const excepted = except.map(({ rule, reason }) => ({ rule, reason }))
  return { rules: REDACTION_RULES, custom: rules.length, excepted, disabled: [...disable], digest: own?.digest ?? null }
}
