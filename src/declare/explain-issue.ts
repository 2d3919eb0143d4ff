import { z } from 'zod/mini'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { pathText, type Fault, type Path } from './problem.ts'
import { nearest, nearestDuration, nearestLabel, nearestVersion } from './suggest.ts'

type Issue = z.core.$ZodIssue
type Words = { readonly message: string; readonly fix: string }

/** What a schema says against a document, in words, each fault with what to do; one per place, since the first is the cause. */
export function explainIssues(schema: z.core.$ZodType, document: JsonValue, issues: readonly Issue[]): Fault[] {
  const seen = new Set<string>()
  return issues
    .flatMap((issue) => faultsOf(schema, document, issue))
    .filter(({ path, key }) => {
      const place = `${key === true ? 'key ' : ''}${pathText(path)}`
      return !seen.has(place) && seen.add(place)
    })
}

function faultsOf(schema: z.core.$ZodType, document: JsonValue, issue: Issue): Fault[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== 'symbol')
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(schema, path, key))
  if (issue.code === 'invalid_key') {
    const [first] = issue.issues
    return [
      {
        path,
        key: true,
        message: `the key ${first ? wordsOf(first, path.at(-1), null).message : 'does not fit'}`,
        fix: labelFix(path.at(-1)),
      },
    ]
  }
  return [{ path, ...wordsOf(issue, valueAt(document, path), schemaAt(schema, path), path.at(-1)) }]
}

function unknownKey(schema: z.core.$ZodType, path: Path, key: string): Fault {
  const allowed = keysOf(schemaAt(schema, path))
  const meant = nearest(key, allowed)
  const fix = meant === null ? `remove it; allowed: ${allowed.join(', ')}` : `did you mean \`${meant}\`?`
  return { path: [...path, key], key: true, message: `there is no field \`${key}\` here`, fix }
}

function wordsOf(issue: Issue, value: JsonValue | undefined, schema: z.core.$ZodType | null, name?: string | number): Words {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value, schema, name)
    case 'invalid_value':
      return wrongChoice(issue.values.map(String), value, name)
    case 'invalid_format':
    case 'custom':
      return { message: issue.message, fix: formatFix(issue.message, value) }
    case 'too_small':
      return outside('at least', issue.origin, Number(issue.minimum), value)
    case 'too_big':
      return outside('at most', issue.origin, Number(issue.maximum), value)
    case 'invalid_union':
      return { message: 'must be a port or a range like 8000-8999', fix: 'write a number, or a range in quotes' }
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
      return { message: 'does not fit', fix: described(schema) ?? 'see docs/formats/manifest.md' }
  }
}

function wrongType(
  expected: string,
  value: JsonValue | undefined,
  schema: z.core.$ZodType | null,
  name: string | number | undefined,
): Words {
  const about = described(schema)
  const aside = about === null ? '' : ` (${about})`
  const kind = KINDS.get(expected) ?? expected
  if (value === undefined)
    return { message: `\`${String(name)}\` is missing`, fix: `add \`${String(name)}:\` with ${kind}${aside}` }
  if (value === null) return { message: 'has no value', fix: `write ${kind}${aside}, or remove the line` }
  if (expected === 'string' && typeof value !== 'object') {
    const text = name === 'version' ? (nearestVersion(String(value)) ?? String(value)) : String(value)
    return { message: 'must be text', fix: `put it in quotes: "${text}"` }
  }
  if (expected === 'array')
    return { message: 'must be a list', fix: `put it into a list: [${typeof value === 'object' ? '…' : String(value)}]` }
  if (expected === 'object' || expected === 'record') {
    const keys = keysOf(schema)
    return {
      message: 'must have fields of its own',
      fix: keys.length > 0 ? `write fields below it: ${keys.join(', ')}` : `write key: value lines below it${aside}`,
    }
  }
  if (typeof value === 'string' && Number.isFinite(Number(value)) && value.trim() !== '')
    return { message: `must be ${kind}`, fix: `write it without quotes: ${value}` }
  return { message: `must be ${kind}`, fix: `write ${kind}${aside}` }
}

function wrongChoice(values: readonly string[], value: JsonValue | undefined, name: string | number | undefined): Words {
  const allowed = values.join(', ')
  if (value === undefined) {
    const fix = values.length === 1 ? `add \`${String(name)}: ${allowed}\`` : `add \`${String(name)}:\`, one of: ${allowed}`
    return { message: `\`${String(name)}\` is missing`, fix }
  }
  const meant = typeof value === 'string' ? nearest(value, values) : null
  if (values.length === 1) return { message: `must be ${allowed}`, fix: `write ${allowed}` }
  return {
    message: `must be one of: ${allowed}`,
    fix: meant === null ? `choose one of: ${allowed}` : `did you mean \`${meant}\`? allowed: ${allowed}`,
  }
}

/** Messages of the schema's own checks say the form; where a value near the written one has it, the fix names that. */
function formatFix(message: string, value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : ''
  if (message.startsWith('must be between'))
    return `write ${/between (\S+)/.exec(message)?.[1] ?? 'the least'} or more, up to ${/and (\S+)$/.exec(message)?.[1] ?? 'the most'}`
  if (message.includes('whole minutes')) return 'write it in minutes or hours, like 5m'
  if (message.includes('a port or a range')) return 'write a number, or a range like "8000-8999"'
  if (message.includes('duration')) return suggested(nearestDuration(text), 'write a number and a unit: 30s, 5m, 24h, 7d')
  if (message.includes('version')) return suggested(nearestVersion(text), 'write three numbers: 1.0.0')
  if (message.includes('lower-case')) return labelFix(text)
  if (message.includes('public key')) {
    if (text.includes('PRIVATE KEY'))
      return 'this is a private key: take it out, treat it as disclosed, and put the public one here'
    return 'paste the PEM block that starts with -----BEGIN PUBLIC KEY-----'
  }
  return message.startsWith('must name') ? 'add one of them' : message.replace(/^must /, 'it must ')
}

function labelFix(value: unknown): string {
  return suggested(typeof value === 'string' ? nearestLabel(value) : null, 'use lower-case letters, digits and dashes')
}

function suggested(word: string | null, or: string): string {
  return word === null ? or : `write ${word}`
}

function outside(bound: 'at least' | 'at most', origin: string, limit: number, value: JsonValue | undefined): Words {
  if (origin === 'array') {
    if (bound === 'at least')
      return {
        message: 'the list is empty',
        fix: limit === 1 ? 'add an entry, or remove the field' : `write at least ${limit} entries`,
      }
    return { message: `more than ${limit} entries`, fix: `write at most ${limit}: a manifest is reviewed by people` }
  }
  if (origin === 'string') {
    if (bound === 'at least') return { message: 'is empty', fix: 'write something, or remove the line' }
    return { message: `longer than ${limit} characters`, fix: `shorten it to ${limit} characters` }
  }
  const percent = typeof value === 'number' && value > 1 && value <= 100 && limit === 1
  return {
    message: `must be ${bound} ${limit}`,
    fix: percent ? `write a share from 0 to 1: ${value / 100}` : `write ${limit} or ${bound === 'at least' ? 'more' : 'less'}`,
  }
}

/** The part of a schema that reads what stands at a path; null where it has none. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | null {
  return path.reduce<z.core.$ZodType | null>((part, step) => {
    const def = part === null ? null : definition(part)
    if (def?.type === 'object')
      return typeof step === 'string' && Object.hasOwn(def.shape, step) ? (def.shape[step] ?? null) : null
    if (def?.type === 'array') return def.element
    return def?.type === 'record' ? def.valueType : null
  }, schema)
}

type Definition = z.core.$ZodTypes['_zod']['def']

/** What a schema is made of, any `optional` around it taken off. */
function definition(schema: z.core.$ZodType): Definition {
  const { def } = schema as unknown as { readonly def: Definition }
  return def.type === 'optional' ? definition(def.innerType) : def
}

function keysOf(schema: z.core.$ZodType | null): string[] {
  const def = schema === null ? null : definition(schema)
  return def?.type === 'object' ? Object.keys(def.shape) : []
}

/** The schema's own note on a field. */
function described(schema: z.core.$ZodType | null): string | null {
  if (schema === null) return null
  const { def } = schema as unknown as { readonly def: Definition }
  return z.globalRegistry.get(schema)?.description ?? (def.type === 'optional' ? described(def.innerType) : null)
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(document: JsonValue, path: Path): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    return (value as Readonly<Record<string | number, JsonValue>>)[step]
  }, document)
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['int', 'a whole number'],
  ['number', 'a number'],
  ['array', 'a list'],
  ['object', 'fields'],
  ['record', 'key: value lines'],
  ['boolean', 'true or false'],
])
