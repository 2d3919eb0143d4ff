import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import type { Run } from '../machine.ts'
import { compareNumeric, isNumeric, type Numeric, toDouble, toExact, toInteger } from '../number.ts'
import { isArray, isObject, lookup, type Value } from '../value.ts'
import { Unsupported } from './builtin.ts'
import { general } from './float-text.ts'
import { comparableJson, members } from './json-document.ts'
import { isFormat } from './json-schema-format.ts'
import { type Limit, type Schema, sortedNames } from './json-schema-parse.ts'
import { matches } from './regexes.ts'

/** `field`: names and indices with dots between, `(Root)` for the document itself. */
export type Violation = { readonly type: string; readonly field: string; readonly description: string }

/** All that is wrong with a document, in OPA's words; where OPA goes through members in any order, ours is the order of names. */
export function violations(schema: Schema, document: Value, run: Run): readonly Violation[] {
  const result: Result = { found: [], score: 0 }
  check({ schema, value: document, path: [], result, run, depth: 0 })
  return result.found
}

/** The score tells which of several schemas a value comes nearest to. */
type Result = { readonly found: Violation[]; score: number }
type Subject = {
  readonly schema: Schema
  readonly value: Value
  readonly path: readonly string[]
  readonly result: Result
  readonly run: Run
  readonly depth: number
}

function report({ path, result }: Subject, type: string, description: (field: string) => string): void {
  const field = path.length === 0 ? '(Root)' : path.join('.')
  result.found.push({ type, field, description: description(field) })
  result.score -= 2
}

function merge(into: Result, { found, score }: Result): void {
  into.found.push(...found)
  into.score += score
}

/** The result for another schema or a part of the value, on its own. */
function separately(subject: Subject, schema: Schema, value = subject.value, name?: string): Result {
  const result: Result = { found: [], score: 0 }
  check({
    ...subject,
    schema,
    value,
    result,
    path: name === undefined ? subject.path : [...subject.path, name],
    depth: subject.depth + 1,
  })
  return result
}

function check(subject: Subject): void {
  const { schema, value, result, run, depth } = subject
  if (depth > 3 * MAX_DEPTH) throw new NestedTooDeep()
  run.spend(1)
  if (schema.verdict !== null) {
    if (!schema.verdict) report(subject, 'false', () => 'False always fails validation')
    return
  }
  if (schema.reference) {
    check({ ...subject, schema: schema.reference, depth: depth + 1 })
    return
  }
  const given = typeName(value)
  const isOfType = schema.types.includes(given) || (given === 'integer' && schema.types.includes('number'))
  if (schema.types.length > 0 && !isOfType) {
    const expected = schema.types.length > 1 ? `[${schema.types.join(',')}]` : schema.types.join('')
    report(subject, 'invalid_type', () => `Invalid type. Expected: ${expected}, given: ${given}`)
    return
  }
  combined(subject)
  if (isNumeric(value)) checkNumber(subject, value)
  if (isArray(value)) checkArray(subject, value)
  if (isObject(value)) checkObject(subject)
  checkCommon(subject)
  if (typeof value === 'string') checkText(subject, value)
  if (isObject(value)) checkProperties(subject)
  result.score++
}

function typeName(value: Value): string {
  if (value === null) return 'null'
  if (isNumeric(value)) return toInteger(value) === null ? 'number' : 'integer'
  if (isArray(value)) return 'array'
  return isObject(value) ? 'object' : typeof value
}

function combined(subject: Subject): void {
  const { schema, result } = subject
  if (schema.anyOf.length > 0) checkAnyOf(subject)
  if (schema.oneOf.length > 0) checkOneOf(subject)
  if (schema.allOf.length > 0) {
    const results = schema.allOf.map((each) => separately(subject, each))
    for (const each of results) merge(result, each)
    if (results.some(({ found }) => found.length > 0))
      report(subject, 'number_all_of', () => 'Must validate all the schemas (allOf)')
  }
  if (schema.not && separately(subject, schema.not).found.length === 0) {
    report(subject, 'number_not', () => 'Must not validate the schema (not)')
  }
  checkDependencies(subject)
  if (schema.condition) checkCondition(subject, schema.condition)
  result.score++
}

function better(best: Result | null, next: Result): Result {
  return best === null || next.score > best.score ? next : best
}

function checkAnyOf(subject: Subject): void {
  let best: Result | null = null
  for (const each of subject.schema.anyOf) {
    const result = separately(subject, each)
    if (result.found.length === 0) return
    best = better(best, result)
  }
  report(subject, 'number_any_of', () => 'Must validate at least one schema (anyOf)')
  if (best) merge(subject.result, best)
}

function checkOneOf(subject: Subject): void {
  let [count, best]: [number, Result | null] = [0, null]
  for (const each of subject.schema.oneOf) {
    const result = separately(subject, each)
    if (result.found.length === 0) count++
    else if (count === 0) best = better(best, result)
  }
  if (count === 1) return
  report(subject, 'number_one_of', () => 'Must validate one and only one schema (oneOf)')
  if (count === 0 && best) merge(subject.result, best)
}

function checkDependencies(subject: Subject): void {
  const { schema, value, depth } = subject
  if (!isObject(value)) return
  for (const name of sortedNames(schema.dependencies.keys())) {
    const dependency = schema.dependencies.get(name)
    if (dependency === undefined || lookup(value, name) === undefined) continue
    if ('types' in dependency) {
      check({ ...subject, schema: dependency, depth: depth + 1 })
      continue
    }
    for (const other of dependency) {
      if (lookup(value, other) === undefined) report(subject, 'missing_dependency', () => `Has a dependency on ${other}`)
    }
  }
}

function checkCondition(subject: Subject, condition: Schema): void {
  const holds = separately(subject, condition).found.length === 0
  const next = holds ? subject.schema.consequence : subject.schema.alternative
  if (!next) return
  const result = separately(subject, next)
  if (result.found.length === 0) return
  if (holds) report(subject, 'condition_then', () => 'Must validate "then" as "if" was valid')
  else report(subject, 'condition_else', () => 'Must validate "else" as "if" was not valid')
  merge(subject.result, result)
}

function checkNumber(subject: Subject, value: Numeric): void {
  const { limits } = subject.schema
  const multiple = limits.get('multipleOf')
  if (multiple !== undefined && !isMultiple(value, multiple)) {
    report(subject, 'multiple_of', () => `Must be a multiple of ${shown(multiple)}`)
  }
  for (const [name, type, words, isRight] of BOUNDS) {
    const bound = limits.get(name)
    if (bound !== undefined && !isRight(compareNumeric(value, bound)))
      report(subject, type, () => `Must be ${words} ${shown(bound)}`)
  }
  subject.result.score++
}

const BOUNDS: readonly (readonly [Limit, string, string, (order: number) => boolean])[] = [
  ['maximum', 'number_lte', 'less than or equal to', (order) => order <= 0],
  ['exclusiveMaximum', 'number_lt', 'less than', (order) => order < 0],
  ['minimum', 'number_gte', 'greater than or equal to', (order) => order >= 0],
  ['exclusiveMinimum', 'number_gt', 'greater than', (order) => order > 0],
]

/** Exact, in decimal. */
function isMultiple(value: Numeric, multiple: Numeric): boolean {
  const [a, b] = [toExact(value), toExact(multiple)]
  const power = Math.min(a.exponent, b.exponent)
  return (a.coefficient * 10n ** BigInt(a.exponent - power)) % (b.coefficient * 10n ** BigInt(b.exponent - power)) === 0n
}

/** As Go prints a float of 64 significant bits. */
function shown(bound: Numeric): string {
  const value = toDouble(bound)
  const digits = String(toExact(bound).coefficient).replace('-', '').replace(/0+$/, '')
  if (digits.length > MAX_DIGITS || !Number.isFinite(value)) throw new Unsupported('a bound of many digits in a JSON schema')
  return `${value < 0 ? '-' : ''}${general(Math.abs(value), null)}`
}
const MAX_DIGITS = 15

function checkArray(subject: Subject, value: readonly Value[]): void {
  const { schema, result } = subject
  const one = schema.isOneSchemaForAll ? schema.items[0] : undefined
  for (const [i, item] of value.entries()) {
    const each = one ?? schema.items[i] ?? (schema.items.length > 0 ? schema.additionalItems : null)
    if (each !== null && typeof each === 'object') merge(result, separately(subject, each, item, String(i)))
  }
  if (!one && schema.items.length > 0 && schema.items.length < value.length && schema.additionalItems === false) {
    report(subject, 'array_no_additional_items', () => 'No additional items allowed on array')
  }
  const [least, most] = [schema.counts.get('minItems'), schema.counts.get('maxItems')]
  if (least !== undefined && value.length < least)
    report(subject, 'array_min_items', () => `Array must have at least ${least} items`)
  if (most !== undefined && value.length > most) report(subject, 'array_max_items', () => `Array must have at most ${most} items`)
  if (schema.isUnique) checkUnique(subject, value)
  if (schema.contains) checkContains(subject, schema.contains, value)
  result.score++
}

function checkUnique(subject: Subject, value: readonly Value[]): void {
  const seen = new Map<string, number>()
  for (const [j, item] of value.entries()) {
    const text = comparableJson(item)
    const i = seen.get(text)
    if (i !== undefined) report(subject, 'unique', () => `array items[${i},${j}] must be unique`)
    seen.set(text, j)
    subject.run.spend(text.length)
  }
}

function checkContains(subject: Subject, contains: Schema, value: readonly Value[]): void {
  let best: Result | null = null
  for (const [i, item] of value.entries()) {
    const result = separately(subject, contains, item, String(i))
    if (result.found.length === 0) return
    best = better(best, result)
  }
  report(subject, 'contains', () => 'At least one of the items must match')
  if (best) merge(subject.result, best)
}

function checkObject(subject: Subject): void {
  const { schema, value, result } = subject
  if (!isObject(value)) return
  const all = members(value)
  const [least, most] = [schema.counts.get('minProperties'), schema.counts.get('maxProperties')]
  if (least !== undefined && all.length < least) {
    report(subject, 'array_min_properties', () => `Must have at least ${least} properties`)
  }
  if (most !== undefined && all.length > most)
    report(subject, 'array_max_properties', () => `Must have at most ${most} properties`)
  for (const name of schema.required) {
    if (lookup(value, name) === undefined) report(subject, 'required', () => `${name} is required`)
    else result.score++
  }
  const known = new Set(schema.properties.map(([name]) => name))
  for (const [name, item] of all) checkMember(subject, name, item, known.has(name))
  if (schema.propertyNames) for (const [name] of all) checkName(subject, schema.propertyNames, name)
  result.score++
}

function checkMember(subject: Subject, name: string, item: Value, isKnown: boolean): void {
  const { schema, result, run } = subject
  let isMatched = false
  for (const [pattern, each] of schema.patterns) {
    if (!matches(pattern, name, run)) continue
    isMatched = true
    merge(result, separately(subject, each, item, name))
  }
  if (isMatched) result.score++
  if (isKnown || isMatched) return
  const others = schema.additionalProperties
  if (others === false) {
    report(subject, 'additional_property_not_allowed', () => `Additional property ${name} is not allowed`)
  } else if (others !== null && others !== true) merge(result, separately(subject, others, item, name))
}

function checkName(subject: Subject, names: Schema, name: string): void {
  const result = separately(subject, names, name)
  if (result.found.length === 0) return
  report(subject, 'invalid_property_name', () => `Property name of "${name}" does not match`)
  merge(subject.result, result)
}

function checkProperties({ schema, value, path, depth, ...subject }: Subject): void {
  for (const [name, each] of schema.properties) {
    const item = lookup(value, name)
    if (item !== undefined) check({ ...subject, schema: each, value: item, path: [...path, name], depth: depth + 1 })
  }
}

function checkCommon(subject: Subject): void {
  const { schema, value, result, run } = subject
  const { constant, enumeration } = schema
  const text = constant === null && enumeration === null ? '' : comparableJson(value)
  run.spend(text.length)
  if (constant !== null && text !== constant) report(subject, 'const', (field) => `${field} does not match: ${constant}`)
  if (enumeration !== null && !enumeration.includes(text)) {
    report(subject, 'enum', (field) => `${field} must be one of the following: ${enumeration.join(', ')}`)
  }
  if (schema.format !== '' && typeof value === 'string' && !isFormat(schema.format, value, run)) {
    report(subject, 'format', () => `Does not match format '${schema.format}'`)
  }
  result.score++
}

function checkText(subject: Subject, value: string): void {
  const { schema, result, run } = subject
  const length = Array.from(value).length
  const [least, most] = [schema.counts.get('minLength'), schema.counts.get('maxLength')]
  if (least !== undefined && length < least) {
    report(subject, 'string_gte', () => `String length must be greater than or equal to ${least}`)
  }
  if (most !== undefined && length > most) {
    report(subject, 'string_lte', () => `String length must be less than or equal to ${most}`)
  }
  const { pattern } = schema
  if (pattern && !matches(pattern, value, run)) report(subject, 'pattern', () => `Does not match pattern '${pattern.source}'`)
  result.score++
}
