import { compareStrings } from '../compare.ts'
import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import type { Run } from '../machine.ts'
import { compareNumeric, isNumeric, type Numeric, toInteger, toSafeInteger } from '../number.ts'
import { isArray, isObject, lookup, type Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { comparableJson, members } from './json-document.ts'
import { compiled, type Regex } from './regexes.ts'

/** A schema that was read: draft 4, 6 or 7, or all of them at once where it names none of them. Null: not said. */
export type Schema = {
  /** A schema that is only true or false. */
  verdict: boolean | null
  reference: Schema | null
  types: string[]
  properties: readonly (readonly [string, Schema])[]
  additionalProperties: boolean | Schema | null
  patterns: readonly (readonly [Regex, Schema])[]
  propertyNames: Schema | null
  dependencies: ReadonlyMap<string, readonly string[] | Schema>
  items: readonly Schema[]
  isOneSchemaForAll: boolean
  additionalItems: boolean | Schema | null
  limits: Map<Limit, Numeric>
  counts: Map<Count, number>
  pattern: Regex | null
  format: string
  required: string[]
  isUnique: boolean
  contains: Schema | null
  constant: string | null
  enumeration: string[] | null
  oneOf: readonly Schema[]
  anyOf: readonly Schema[]
  allOf: readonly Schema[]
  not: Schema | null
  condition: Schema | null
  consequence: Schema | null
  alternative: Schema | null
}
export type Limit = 'multipleOf' | 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum'
export type Count = 'minLength' | 'maxLength' | 'minProperties' | 'maxProperties' | 'minItems' | 'maxItems'

/**
 * Reads a schema with references within itself. Where members of an object are read in any order by OPA, ours is the order of names.
 * @throws BuiltinError with OPA's words for what is no schema, Unsupported for references to elsewhere
 */
export function parseSchema(document: Value, run: Run): Schema {
  if (!isObject(document) && typeof document !== 'boolean') throw new BuiltinError('schema is invalid')
  const draft = draftOf(document)
  checkIds(document, true, 0)
  return schemaOf(document, { root: document, draft, known: new Map(), run, depth: 0 })
}

type Context = {
  readonly root: Value
  /** Larger than 7: no draft in particular. */
  readonly draft: number
  readonly known: Map<string, Schema>
  readonly run: Run
  readonly depth: number
}
const ANY_DRAFT = 100
const DRAFTS: ReadonlyMap<string, number> = new Map(
  [4, 6, 7].map((draft) => [`http://json-schema.org/draft-0${draft}/schema`, draft]),
)

function draftOf(document: Value): number {
  const name = lookup(document, '$schema')
  if (name === undefined) return ANY_DRAFT
  if (typeof name !== 'string') throw new BuiltinError('$schema must be of type string')
  if (!/^[\w:/.-]+#?$/.test(name)) throw new Unsupported('a JSON schema with an unusual $schema')
  return DRAFTS.get(name.replace('#', '')) ?? ANY_DRAFT
}

/** A name of its own would change what references mean; only the whole document may have one, and an ordinary one. */
function checkIds(value: Value, isRoot: boolean, depth: number): void {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  if (isArray(value)) for (const item of value) checkIds(item, false, depth + 1)
  if (!isObject(value)) return
  const id = lookup(value, lookup(value, 'id') === undefined ? '$id' : 'id')
  if (typeof id === 'string' && !(isRoot && /^https?:\/\/[\w.-]+\/[\w./-]*#?$/.test(id) && !id.includes('/.'))) {
    throw new Unsupported('a JSON schema with an id within it')
  }
  for (const [name, item] of members(value)) {
    if (name === 'const' || name === 'enum') continue
    const isNamed = /^(?:properties|dependencies|patternProperties)$/.test(name) && isObject(item)
    if (isNamed) for (const [, inner] of members(item)) checkIds(inner, false, depth + 2)
    else checkIds(item, false, depth + 1)
  }
}

function emptySchema(): Schema {
  return {
    verdict: null, reference: null, types: [], properties: [], additionalProperties: null, patterns: [], propertyNames: null,
    dependencies: new Map(), items: [], isOneSchemaForAll: false, additionalItems: null, limits: new Map(), counts: new Map(),
    pattern: null, format: '', required: [], isUnique: false, contains: null, constant: null, enumeration: null, oneOf: [], anyOf: [],
    allOf: [], not: null, condition: null, consequence: null, alternative: null,
  } // prettier-ignore
}

function schemaOf(document: Value, context: Context, schema = emptySchema()): Schema {
  if (context.depth > MAX_DEPTH) throw new NestedTooDeep()
  context.run.spend(1)
  if (context.draft >= 6 && typeof document === 'boolean') {
    schema.verdict = document
    return schema
  }
  if (!isObject(document)) throw new BuiltinError('Expected: Valid Schema, given: Invalid JSON')
  const inner: Context = { ...context, depth: context.depth + 1 }
  textIn(document, context.draft === 4 || (context.draft === ANY_DRAFT && lookup(document, 'id') !== undefined) ? 'id' : '$id')
  readDefinitions(document, inner)
  textIn(document, 'title')
  textIn(document, 'description')
  const reference = textIn(document, '$ref')
  if (reference !== null) {
    const known = context.known.get(reference)
    schema.reference = known ?? referenced(reference, inner)
    // What else stands beside a reference is only read, and only where the reference was met before.
    if (!known) return schema
  }
  readTypes(document, schema)
  readObjectKeywords(document, schema, inner)
  readItems(document, schema, inner)
  readNumbers(document, schema, context.draft)
  readTexts(document, schema, context.run)
  readCounts(document, schema)
  readCombinations(document, schema, inner)
  return schema
}

/** The schema of a reference within the document is read once, so that it may be part of itself. */
function referenced(reference: string, context: Context): Schema {
  if (!/^#(?:\/[\w$.-]*)*$/.test(reference)) throw new Unsupported(`a JSON schema with the reference ${reference}`)
  const schema = emptySchema()
  context.known.set(reference, schema)
  let found: Value = context.root
  for (const token of reference.split('/').slice(1)) found = step(found, token)
  if (typeof found !== 'boolean' && !isObject(found)) throw new BuiltinError('Valid Schema must be of type object')
  return schemaOf(found, context, schema)
}

function step(value: Value, token: string): Value {
  if (isObject(value)) {
    const member = lookup(value, token)
    if (member === undefined) throw new BuiltinError(`Object has no key '${token}'`)
    return member
  }
  if (!isArray(value)) throw new BuiltinError(`Invalid token reference '${token}'`)
  if (!/^(?:0|[1-9]\d{0,8})$/.test(token)) throw new Unsupported('a JSON schema with a reference into an array')
  const item = value[Number(token)]
  if (item === undefined) throw new BuiltinError(`Out of bound array[0,${value.length}] index '${token}'`)
  return item
}

function wrongType(expected: string, given: string): BuiltinError {
  return new BuiltinError(`Invalid type. Expected: ${expected}, given: ${given}`)
}

function textIn(document: Value, name: string): string | null {
  const value = lookup(document, name)
  if (value === undefined) return null
  if (typeof value !== 'string') throw wrongType('string', name)
  return value
}

function listIn(document: Value, name: string): readonly Value[] | null {
  const value = lookup(document, name)
  if (value === undefined) return null
  if (!isArray(value)) throw new BuiltinError(`${name} must be of an array`)
  return value
}

function isSchemaLike(value: Value): boolean {
  return typeof value === 'boolean' || isObject(value)
}

function readDefinitions(document: Value, context: Context): void {
  const definitions = lookup(document, 'definitions')
  if (definitions === undefined) return
  const isRight = isObject(definitions) && members(definitions).every(([, value]) => isSchemaLike(value))
  if (!isObject(definitions)) throw wrongType(SCHEMAS, 'definitions')
  for (const [, value] of members(definitions)) if (isSchemaLike(value)) schemaOf(value, context)
  if (!isRight) throw wrongType(SCHEMAS, 'definitions')
}
const SCHEMAS = 'Array Of Schemas'

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string']

function readTypes(document: Value, schema: Schema): void {
  const given = lookup(document, 'type')
  if (given === undefined) return
  if (typeof given !== 'string' && !isArray(given)) throw wrongType('type', 'string/Array Of Strings')
  for (const name of typeof given === 'string' ? [given] : given) {
    if (typeof name !== 'string') throw wrongType('type', 'string/Array Of Strings')
    if (!TYPES.includes(name)) {
      throw new BuiltinError(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${TYPES.join(' ')}]`,
      )
    }
    if (schema.types.includes(name)) throw new BuiltinError(`${name} type is duplicated`)
    schema.types.push(name)
  }
}

function readObjectKeywords(document: Value, schema: Schema, context: Context): void {
  const properties = lookup(document, 'properties')
  if (properties !== undefined) {
    if (!isObject(properties)) throw new BuiltinError('Properties must be of type object')
    schema.properties = members(properties).map(([name, value]) => [name, schemaOf(value, context)])
  }
  schema.additionalProperties = booleanOrSchema(document, 'additionalProperties', context)
  const patterns = lookup(document, 'patternProperties')
  if (patterns !== undefined) {
    if (!isObject(patterns)) throw wrongType(SCHEMA, 'patternProperties')
    schema.patterns = members(patterns).map(([pattern, value]) => [
      regex(pattern, context.run, `Invalid regex pattern '${pattern}'`),
      schemaOf(value, context),
    ])
  }
  const names = context.draft >= 6 ? lookup(document, 'propertyNames') : undefined
  if (names !== undefined) {
    if (!isSchemaLike(names)) throw wrongType(SCHEMA, 'patternProperties')
    schema.propertyNames = schemaOf(names, context)
  }
  const dependencies = lookup(document, 'dependencies')
  if (dependencies !== undefined) schema.dependencies = dependenciesOf(dependencies, context)
}
const SCHEMA = 'Valid Schema'

function regex(pattern: string, run: Run, problem: string): Regex {
  try {
    return compiled(pattern, run)
  } catch (cause) {
    throw cause instanceof BuiltinError ? new BuiltinError(problem, { cause }) : cause
  }
}

function booleanOrSchema(document: Value, name: string, context: Context): boolean | Schema | null {
  const value = lookup(document, name)
  if (value === undefined) return null
  if (typeof value === 'boolean') return value
  if (!isObject(value)) throw wrongType(`boolean/${SCHEMA}`, name)
  return schemaOf(value, context)
}

function dependenciesOf(given: Value, context: Context): Schema['dependencies'] {
  if (!isObject(given)) throw new BuiltinError('dependencies must be of type object')
  const found = new Map<string, readonly string[] | Schema>()
  for (const [name, value] of members(given)) {
    if (isSchemaLike(value)) found.set(name, schemaOf(value, context))
    else {
      const names = isArray(value) ? value.filter((item) => typeof item === 'string') : []
      if (!isArray(value) || names.length < value.length) {
        throw new BuiltinError('Dependency must be of type Schema Or Array Of Strings')
      }
      found.set(name, names)
    }
  }
  return found
}

function readItems(document: Value, schema: Schema, context: Context): void {
  const items = lookup(document, 'items')
  if (items !== undefined) {
    if (!isArray(items) && !isSchemaLike(items)) throw wrongType(`${SCHEMA}/${SCHEMAS}`, 'items')
    schema.isOneSchemaForAll = !isArray(items)
    schema.items = (isArray(items) ? items : [items]).map((item) => {
      if (!isSchemaLike(item)) throw wrongType(`${SCHEMA}/${SCHEMAS}`, 'items')
      return schemaOf(item, context)
    })
  }
  schema.additionalItems = booleanOrSchema(document, 'additionalItems', context)
}

function readNumbers(document: Value, schema: Schema, draft: number): void {
  const multiple = lookup(document, 'multipleOf')
  if (multiple !== undefined) {
    if (!isNumeric(multiple)) throw wrongType('Number', 'multipleOf')
    if (compareNumeric(multiple, 0) <= 0) throw new BuiltinError('multipleOf must be strictly greater than 0')
    schema.limits.set('multipleOf', multiple)
  }
  readBound(document, schema, draft, 'minimum', 'exclusiveMinimum')
  readBound(document, schema, draft, 'maximum', 'exclusiveMaximum')
}

/** In draft 4 the exclusive one is a boolean that changes the other. */
function readBound(document: Value, schema: Schema, draft: number, name: Limit, exclusive: Limit): void {
  const [bound, given] = [lookup(document, name), lookup(document, exclusive)]
  if (bound !== undefined) {
    if (!isNumeric(bound)) throw new BuiltinError(`${name} must be of a Number`)
    schema.limits.set(name, bound)
  }
  if (given === undefined) return
  const [takesBoolean, takesNumber] = [draft === 4 || draft === ANY_DRAFT, draft !== 4]
  if (takesBoolean && typeof given === 'boolean') {
    if (bound === undefined) throw new BuiltinError(`${exclusive} cannot be used without ${name}`)
    if (given) schema.limits.delete(name)
    if (given && isNumeric(bound)) schema.limits.set(exclusive, bound)
  } else if (takesNumber && isNumeric(given)) schema.limits.set(exclusive, given)
  else throw wrongType([...(takesBoolean ? ['boolean'] : []), ...(takesNumber ? ['number'] : [])].join('/'), exclusive)
}

function readTexts(document: Value, schema: Schema, run: Run): void {
  readCount(document, schema, 'minLength')
  readCount(document, schema, 'maxLength')
  checkOrder(schema, 'minLength', 'maxLength')
  const pattern = textIn(document, 'pattern')
  if (pattern !== null) schema.pattern = regex(pattern, run, 'pattern must be a valid regex')
  schema.format = textIn(document, 'format') ?? ''
}

function readCount(document: Value, schema: Schema, name: Count): void {
  const value = lookup(document, name)
  if (value === undefined) return
  const whole = isNumeric(value) ? toInteger(value) : null
  const count = toSafeInteger(value)
  if (whole !== null && count === null) throw new Unsupported('a JSON schema with a count beyond 2^53')
  if (count === null) throw new BuiltinError(`${name} must be of an integer`)
  if (count < 0) throw new BuiltinError(`${name} must be greater than or equal to 0`)
  schema.counts.set(name, count)
}

function checkOrder({ counts }: Schema, least: Count, most: Count): void {
  const [low, high] = [counts.get(least), counts.get(most)]
  if (low !== undefined && high !== undefined && low > high) throw new BuiltinError(`${least} cannot be greater than ${most}`)
}

function readCounts(document: Value, schema: Schema): void {
  readCount(document, schema, 'minProperties')
  readCount(document, schema, 'maxProperties')
  checkOrder(schema, 'minProperties', 'maxProperties')
  for (const name of listIn(document, 'required') ?? []) {
    if (typeof name !== 'string') throw wrongType('string', 'required')
    if (schema.required.includes(name)) throw new BuiltinError('required items must be unique')
    schema.required.push(name)
  }
  readCount(document, schema, 'minItems')
  readCount(document, schema, 'maxItems')
  const unique = lookup(document, 'uniqueItems')
  if (unique !== undefined && typeof unique !== 'boolean') throw new BuiltinError('uniqueItems must be of a boolean')
  schema.isUnique = unique === true
}

function readCombinations(document: Value, schema: Schema, context: Context): void {
  const [contains, constant] = [lookup(document, 'contains'), lookup(document, 'const')]
  if (contains !== undefined && context.draft >= 6) schema.contains = schemaOf(contains, context)
  if (constant !== undefined && context.draft >= 6) schema.constant = comparableJson(constant)
  const listed = listIn(document, 'enum')
  if (listed) {
    schema.enumeration = listed.map(comparableJson)
    if (new Set(schema.enumeration).size < listed.length) throw new BuiltinError('enum items must be unique')
  }
  const all = (name: string): readonly Schema[] => (listIn(document, name) ?? []).map((item) => schemaOf(item, context))
  schema.oneOf = all('oneOf')
  schema.anyOf = all('anyOf')
  schema.allOf = all('allOf')
  schema.not = oneSchema(document, 'not', context)
  if (context.draft < 7) return
  schema.condition = oneSchema(document, 'if', context)
  schema.consequence = oneSchema(document, 'then', context)
  schema.alternative = oneSchema(document, 'else', context)
}

function oneSchema(document: Value, name: string, context: Context): Schema | null {
  const value = lookup(document, name)
  if (value === undefined) return null
  if (!isSchemaLike(value)) throw new BuiltinError(`${name} must be of an object`)
  return schemaOf(value, context)
}

/** In the order of names, whatever order they were written in. */
export function sortedNames(names: Iterable<string>): readonly string[] {
  return [...names].sort(compareStrings)
}
