import * as z from 'zod/mini'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { modes } from '../model.ts'
import { enforcements, matchings, policyLimits } from './model.ts'

/** The versions of the format; there is one. */
export const VERSION = '1.0'

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
/** How many there may be is checked by hand: what people read says how to shorten it. */
const list = (what: string) => z.optional(z.array(text(policyLimits.entryLength)).check(z.describe(what)))
const amount = (what: string) => z.optional(z.number().check(z.gte(0), z.lte(1e9), z.describe(what)))

const ProcessSchema = z.strictObject({
  description: z.optional(z.string().check(z.maxLength(4096))),
  names: list('further process names that the entry is for'),
  descendants: z.optional(
    z.boolean().check(z.describe('true: also for whatever such a process starts, unless it has its own entry')),
  ),
  allowed_exec: list('paths of programs that it may run; with entries, no others'),
  blocked_syscalls: list('names of system calls, or of families: fork, exec, ptrace, module, kexec, open, io_uring, mount'),
  allowed_files: list('paths that it may open; with entries, no others'),
  blocked_files: list('paths that it may not open, whatever is allowed'),
  allowed_network: list('destinations like 10.0.0.0/8:443 or [2001:db8::/32]:443; when it is there, no others; [] is none'),
  blocked_network: list('destinations that it may not reach, whatever is allowed'),
  max_memory_mb: amount('megabytes; 0 is no limit'),
  max_cpu_percent: amount('of one CPU; 0 is no limit'),
})

const texts = z.array(text(policyLimits.entryLength))
const textOrTexts = z.union([text(policyLimits.entryLength), texts])

/** One document as its author wrote it; `several`: what a list of texts may look like. */
const documentSchema = <S extends z.ZodMiniType, V extends z.ZodMiniType>(several: S, version: V) => {
  const alert = z.optional(several.check(z.describe('log, file:PATH or webhook:https://…')))
  return z.strictObject({
    extends: z.optional(several.check(z.describe('policies that this one builds on, relative to its own file'))),
    version: z.optional(version),
    mode: z.optional(z.enum(modes).check(z.describe('default: audit'))),
    enforce: z.optional(
      z.enum(enforcements).check(z.describe('prevent: do not start where the kernel cannot refuse; default: best_effort')),
    ),
    matching: z.optional(z.enum(matchings).check(z.describe('compat: as the original did; default: strict'))),
    persist: z.optional(z.boolean().check(z.describe('keep refusing after the guard has ended; default: false'))),
    processes: z.optional(z.record(z.string(), ProcessSchema)),
    alerts: z.optional(z.strictObject({ on_violation: alert, on_critical: alert })),
  })
}

export const PolicySchema = documentSchema(texts, z.literal(VERSION))
export type PolicyDocument = z.infer<typeof PolicySchema>

/** What may be written shorter, written out: one text for a list of one, `version: 1.0` without its quotes. */
export function writtenOut(value: JsonValue): JsonValue {
  if (!isObject(value)) return value
  const document = { ...value, ...inList(value, 'extends') }
  if (document['version'] === 1) document['version'] = VERSION
  const { alerts } = value
  return isObject(alerts)
    ? { ...document, alerts: { ...alerts, ...inList(alerts, 'on_violation'), ...inList(alerts, 'on_critical') } }
    : document
}

/** JSON Schema (2020-12) of a policy file, for editors. */
export function guardPolicySchema(): JsonValue {
  const { $schema, ...rest } = z.toJSONSchema(documentSchema(textOrTexts, z.literal([VERSION, 1])), { io: 'input' })
  const $id = 'https://runproof.dev/schemas/guard-policy.v1.schema.json'
  return { $schema, $id, title: 'Runproof guard policy', ...rest } as unknown as JsonValue
}

function inList(members: { readonly [key: string]: JsonValue }, name: string): Record<string, JsonValue> {
  const value = members[name]
  return typeof value === 'string' ? { [name]: [value] } : {}
}

export function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
