import type { Schema } from './access-matrix-inputs.ts'

/** Where a value is not what a JSON Schema says, as far as ours say something: types, members, constants and choices. */
export function fits(value: unknown, schema: Schema, place = '$'): readonly string[] {
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined
  if (choices) return choices.some((choice) => fits(value, choice, place).length === 0) ? [] : [`${place} is none of its choices`]
  if ('const' in schema && schema['const'] !== value) return [`${place} is not ${JSON.stringify(schema['const'])}`]
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value))
    return [`${place} is none of ${schema['enum'].join(', ')}`]
  const types = [(schema['type'] ?? []) as string | readonly string[]].flat()
  if (types.length > 0 && !types.some((type) => isOf(type, value))) return [`${place} is no ${types.join(' or ')}`]
  if (Array.isArray(value))
    return value.flatMap((item, index) => fits(item, (schema['items'] ?? {}) as Schema, `${place}[${index}]`))
  return value !== null && typeof value === 'object' ? membersFit(value as Readonly<Record<string, unknown>>, schema, place) : []
}

function membersFit(value: Readonly<Record<string, unknown>>, schema: Schema, place: string): readonly string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const missing = ((schema['required'] ?? []) as readonly string[]).filter((name) => !(name in value))
  const known = Object.entries(value).flatMap(([name, member]) => {
    const of = properties[name] ?? schema['additionalProperties']
    if (of === false) return [`${place}.${name} is not described`]
    return typeof of === 'object' ? fits(member, of as Schema, `${place}.${name}`) : []
  })
  return [...missing.map((name) => `${place}.${name} is missing`), ...known]
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return value !== null && typeof value === 'object' && !Array.isArray(value)
  return typeof value === type
}
