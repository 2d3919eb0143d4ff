import type { JsonValue } from '../../../core/proof/jcs.ts'

export type Schema = { readonly [keyword: string]: JsonValue }

/**
 * Where a value is not as a JSON Schema says; empty: it fits. It knows the keywords that our OpenAPI document uses, and refuses to judge
 * by others.
 */
export function misfits(schema: JsonValue, value: JsonValue, at = '$'): readonly string[] {
  if (schema === true) return []
  if (!isObject(schema)) return [`${at}: nothing fits`]
  const unknown = Object.keys(schema).find((keyword) => !known.has(keyword))
  if (unknown !== undefined) throw new Error(`${at}: the schema has the keyword ${unknown}, which this check does not know`)
  return [
    ...ofType(schema, value, at),
    ...ofChoice(schema, value, at),
    ...(typeof value === 'string' ? ofText(schema, value, at) : []),
    ...(typeof value === 'number' ? ofNumber(schema, value, at) : []),
    ...(Array.isArray(value) ? ofList(schema, value, at) : []),
    ...(isObject(value) ? ofObject(schema, value, at) : []),
  ]
}

const annotations = ['description', 'default', 'title', 'format', 'examples', '$schema', 'deprecated', 'contentEncoding']
const known: ReadonlySet<string> = new Set([
  ...annotations,
  ...['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'],
  ...['minLength', 'maxLength', 'pattern'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['items', 'prefixItems', 'minItems', 'maxItems'],
  ...['properties', 'required', 'additionalProperties', 'propertyNames'],
])

export function isObject(value: JsonValue | undefined): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function ofType({ type }: Schema, value: JsonValue, at: string): readonly string[] {
  if (type === undefined) return []
  const is = typeName(value)
  const wanted = Array.isArray(type) ? type : [type]
  return wanted.some((name) => name === is || (name === 'number' && is === 'integer'))
    ? []
    : [`${at}: ${is}, not ${wanted.join()}`]
}

function ofChoice(schema: Schema, value: JsonValue, at: string): readonly string[] {
  const { enum: choices, anyOf, oneOf, allOf } = schema
  const same = (one: JsonValue): boolean => JSON.stringify(one) === JSON.stringify(value)
  const shown = JSON.stringify(value).slice(0, 80)
  const problems: string[] = []
  if (Array.isArray(choices) && !choices.some(same)) problems.push(`${at}: ${shown} is none of the choices`)
  if (schema['const'] !== undefined && !same(schema['const'])) problems.push(`${at}: ${shown} is not the constant`)
  for (const some of [anyOf, oneOf]) {
    if (Array.isArray(some) && !some.some((one) => misfits(one, value, at).length === 0))
      problems.push(`${at}: ${shown} fits none`)
  }
  if (Array.isArray(allOf)) problems.push(...allOf.flatMap((one) => misfits(one, value, at)))
  return problems
}

function ofText({ minLength, maxLength, pattern }: Schema, value: string, at: string): readonly string[] {
  // In code points, as JSON Schema counts.
  const { length } = Array.from(value)
  if (typeof minLength === 'number' && length < minLength) return [`${at}: shorter than ${minLength}`]
  if (typeof maxLength === 'number' && length > maxLength) return [`${at}: longer than ${maxLength}`]
  return typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value) ? [`${at}: does not match ${pattern}`] : []
}

function ofNumber(schema: Schema, value: number, at: string): readonly string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const isWithin =
    (typeof minimum !== 'number' || value >= minimum) &&
    (typeof maximum !== 'number' || value <= maximum) &&
    (typeof exclusiveMinimum !== 'number' || value > exclusiveMinimum) &&
    (typeof exclusiveMaximum !== 'number' || value < exclusiveMaximum) &&
    (typeof multipleOf !== 'number' || value % multipleOf === 0)
  return isWithin ? [] : [`${at}: ${value} is out of bounds`]
}

function ofList(schema: Schema, value: readonly JsonValue[], at: string): readonly string[] {
  const { items, prefixItems, minItems, maxItems } = schema
  const first = Array.isArray(prefixItems) ? prefixItems : []
  const problems = value.flatMap((item, index) => misfits(first[index] ?? items ?? true, item, `${at}[${index}]`))
  if (typeof minItems === 'number' && value.length < minItems) problems.push(`${at}: fewer than ${minItems}`)
  if (typeof maxItems === 'number' && value.length > maxItems) problems.push(`${at}: more than ${maxItems}`)
  return problems
}

function ofObject(schema: Schema, value: { readonly [name: string]: JsonValue }, at: string): readonly string[] {
  const { properties, required, additionalProperties, propertyNames } = schema
  const named = isObject(properties) ? properties : {}
  const missing = Array.isArray(required) ? required.filter((name) => typeof name === 'string' && !(name in value)) : []
  return [
    ...missing.map((name) => `${at}: ${String(name)} is missing`),
    ...Object.entries(value).flatMap(([name, content]) => [
      ...misfits(Object.hasOwn(named, name) ? (named[name] ?? true) : (additionalProperties ?? true), content, `${at}.${name}`),
      ...(propertyNames === undefined ? [] : misfits(propertyNames, name, `${at}, the name ${name}`)),
    ]),
  ]
}
