import { z } from 'zod/mini'
import type { AccessScope } from '../core/model/access.ts'
import type { AnyAction } from '../src/actions/registry.ts'
import type { JsonValue } from '../core/proof/jcs.ts'

export type Schema = { readonly [key: string]: unknown }
export type Input = { readonly [name: string]: JsonValue }

/** A text of each form that a schema of ours asks for. */
const texts = [
  'a',
  '1',
  'harbour',
  '30d',
  '2026-03-02T09:00:00Z',
  'f'.repeat(64),
  `rpf1:${'f'.repeat(64)}`,
  '2026-03-02',
  'https://runproof.example/x',
]

/** The schema of an act's input, as OpenAPI shows it. */
export function inputSchema(action: AnyAction): Schema {
  return z.toJSONSchema(action.input, { io: 'input', unrepresentable: 'any' })
}

/** What an act takes at least. @throws Error naming the act and the field that nothing is known for */
export function leastInput(name: string, schema: Schema): Input {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const required = (schema['required'] ?? []) as readonly string[]
  return Object.fromEntries(required.map((field) => [field, exampleOf(properties[field] ?? {}, `${name}: ${field}`)]))
}

/** A value that a schema takes. @throws Error with the place where it asks for what this cannot make */
export function exampleOf(schema: Schema, place: string): JsonValue {
  if ('const' in schema) return schema['const'] as JsonValue
  if ('default' in schema) return schema['default'] as JsonValue
  if (Array.isArray(schema['enum'])) return (schema['enum'] as readonly JsonValue[])[0] ?? null
  const options = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined
  if (options?.[0]) return exampleOf(options[0], place)
  const type = Array.isArray(schema['type']) ? (schema['type'] as readonly string[])[0] : schema['type']
  switch (type) {
    case 'string':
      return textFor(schema, place)
    case 'integer':
    case 'number':
      return Math.max(1, Number(schema['minimum'] ?? 1))
    case 'boolean':
      return false
    case 'array': {
      const count = Number(schema['minItems'] ?? 0)
      return Array.from({ length: count }, () => exampleOf((schema['items'] ?? {}) as Schema, `${place}[]`))
    }
    case 'object':
      return leastInput(place, schema)
    case undefined:
      return {}
    default:
      throw new Error(`${place}: no example of ${JSON.stringify(schema)}; teach test/access-matrix-inputs.ts one`)
  }
}

function textFor(schema: Schema, place: string): string {
  const patterns = [schema['pattern'], ...((schema['allOf'] ?? []) as readonly Schema[]).map((part) => part['pattern'])]
  const forms = patterns.filter((pattern) => typeof pattern === 'string').map((pattern) => new RegExp(pattern, 'u'))
  const fits = (text: string): boolean =>
    forms.every((form) => form.test(text)) &&
    text.length >= Number(schema['minLength'] ?? 0) &&
    text.length <= Number(schema['maxLength'] ?? Infinity)
  const found = texts.find(fits)
  if (found === undefined)
    throw new Error(`${place}: no text fits ${JSON.stringify(schema)}; teach test/access-matrix-inputs.ts one`)
  return found
}

/** One way of asking an act: what is sent, and which application it concerns. */
export type Variant = {
  readonly input: Input
  /** null: none in particular. */
  readonly scope: AccessScope | null
  /** Whoever may not see cases of that application is told that there is no such thing. */
  readonly isHidden: boolean
}

export type Known = {
  readonly scopes: readonly AccessScope[]
  readonly manifestOf: (scope: AccessScope) => string
  readonly caseOf: (scope: AccessScope) => number
  readonly waiverOf: (scope: AccessScope) => string
}

/** Every application by every way in which an act can name one. */
export function variantsOf(action: AnyAction, known: Known): readonly Variant[] {
  const schema = inputSchema(action)
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const least = leastInput(action.name, schema)
  const perScope = (of: (scope: AccessScope) => Input, isHidden: boolean): readonly Variant[] =>
    known.scopes.map((scope) => ({ input: { ...least, ...of(scope) }, scope, isHidden }))
  if (action.path.startsWith('/api/v1/cases/:id')) return perScope((scope) => ({ id: known.caseOf(scope) }), true)
  if (action.path.startsWith('/api/v1/waivers/:digest')) return perScope((scope) => ({ digest: known.waiverOf(scope) }), true)
  if ('manifest' in properties) return perScope((scope) => ({ manifest: known.manifestOf(scope) }), false)
  if (!('application' in properties)) return [{ input: least, scope: null, isHidden: false }]
  const named = perScope(({ application, environment }) => ({ application, environment }), false)
  const isForAll = properties['application']?.['default'] === '*'
  // An act that changes something names what it changes; a list may leave it open.
  if (!isForAll && action.method !== 'GET') return named
  return [...named, { input: least, scope: isForAll ? { application: '*', environment: '*' } : null, isHidden: false }]
}

/** The request that carries an input: path, then query or body. */
export function requestOf({ method, path }: Pick<AnyAction, 'method' | 'path'>, input: Input) {
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(([, name]) => name))
  const url = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(asText(input[name] ?? null)))
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name))
  if (method !== 'GET') return { url, body: JSON.stringify(Object.fromEntries(rest)) }
  const query = new URLSearchParams(rest.map(([name, value]) => [name, asText(value)])).toString()
  return { url: query === '' ? url : `${url}?${query}` }
}

/** As it stands in an address. */
export function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
