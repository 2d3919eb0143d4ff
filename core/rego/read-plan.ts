import { RunproofError } from '../model/errors.ts'
import { builtins } from './builtins/registry.ts'
import { parseNumeric } from './number.ts'
import type { Plan } from './plan.ts'
import { type FieldTypes, statementFields } from './statements.ts'

/**
 * Checks a plan from outside, so that nothing in evaluation needs to ask again: known statements, indices that exist, calls that
 * fit what they call, breaks that stay inside their function.
 * @throws RunproofError `gate.invalid` with the place in the plan and the reason; `gate.builtin_missing` with the names of all
 * built-ins that the plan calls and we do not have (whatever needs a clock, the network or chance never exists).
 */
export function readPlan(value: unknown): Plan {
  const plan = record(value, 'plan')
  const fixed = record(plan['static'] ?? {}, 'static')
  const functions = list(record(plan['funcs'] ?? {}, 'funcs')['funcs'] ?? [], 'funcs.funcs', MAX_FUNCTIONS)
  const reader: Reader = {
    strings: texts(fixed['strings'], 'static.strings'),
    files: texts(fixed['files'], 'static.files'),
    arities: aritiesOf(functions),
    missing: new Map(),
    counted: { statements: 0 },
    maxLocal: MAX_LOCALS,
  }
  for (const [i, item] of functions.entries()) readFunction(reader, item, `funcs.funcs[${i}]`)
  const entrypoints = new Set<string>()
  for (const [i, item] of list(record(plan['plans'], 'plans')['plans'], 'plans.plans', MAX_FUNCTIONS).entries()) {
    const place = `plans.plans[${i}]`
    const entrypoint = record(item, place)
    const name = text(entrypoint['name'], `${place}.name`)
    if (entrypoints.has(name)) throw invalid(place, `a second entrypoint ${JSON.stringify(name)}`)
    entrypoints.add(name)
    readBlocks({ ...reader, maxLocal: MAX_PLAN_LOCALS }, entrypoint['blocks'], `${place}.blocks`, 0)
  }
  if (entrypoints.size === 0) throw invalid('plans.plans', 'no entrypoint')
  refuseMissing(reader.missing)
  return value as Plan
}

const MAX_FUNCTIONS = 10_000
const MAX_STATEMENTS = 500_000
const MAX_STRINGS = 500_000
const MAX_LIST = 10_000
const MAX_LOCALS = 10_000
/** OPA numbers the variables of all entrypoints in one row. */
const MAX_PLAN_LOCALS = 1_000_000
/** Statements nest one level for each iteration, `not` and `with`; OPA's own suite stays below 20. */
const MAX_NESTING = 100

type Reader = {
  readonly strings: readonly string[]
  readonly files: readonly string[]
  /** Parameters by name of the plan's own functions. */
  readonly arities: ReadonlyMap<string, number>
  /** Name of the built-in to the first place that calls it. */
  readonly missing: Map<string, string>
  readonly counted: { statements: number }
  readonly maxLocal: number
}

function aritiesOf(functions: readonly unknown[]): ReadonlyMap<string, number> {
  const arities = new Map<string, number>()
  for (const [i, item] of functions.entries()) {
    const place = `funcs.funcs[${i}]`
    const { name, params } = record(item, place)
    const known = text(name, `${place}.name`)
    if (arities.has(known)) throw invalid(place, `a second function ${JSON.stringify(known)}`)
    arities.set(known, list(params, `${place}.params`, MAX_LIST).length)
  }
  return arities
}

function readFunction(reader: Reader, value: unknown, place: string): void {
  const { params, return: result, blocks, path } = record(value, place)
  for (const [i, param] of list(params, `${place}.params`, MAX_LIST).entries()) local(reader, param, `${place}.params[${i}]`)
  local(reader, result, `${place}.return`)
  for (const [i, part] of list(path ?? [], `${place}.path`, MAX_LIST).entries()) text(part, `${place}.path[${i}]`)
  readBlocks(reader, blocks, `${place}.blocks`, 0)
}

function readBlocks(reader: Reader, value: unknown, place: string, level: number): void {
  for (const [i, block] of list(value, place, MAX_STATEMENTS).entries()) readBlock(reader, block, `${place}[${i}]`, level)
}

/** `level`: how many blocks lie around this one. A scan counts twice: leaving its block once goes on to the next element. */
function readBlock(reader: Reader, value: unknown, place: string, level: number): void {
  if (level > MAX_NESTING) throw invalid(place, `nested deeper than ${MAX_NESTING}`)
  const statements = list(record(value, place)['stmts'] ?? [], `${place}.stmts`, MAX_STATEMENTS)
  reader.counted.statements += statements.length
  if (reader.counted.statements > MAX_STATEMENTS) throw invalid(place, `more than ${MAX_STATEMENTS} statements`)
  for (const [i, statement] of statements.entries()) readStatement(reader, statement, `${place}.stmts[${i}]`, level)
}

function readStatement(reader: Reader, value: unknown, place: string, level: number): void {
  const { type, stmt } = record(value, place)
  if (typeof type !== 'string' || !Object.hasOwn(statementFields, type)) throw invalid(place, `unknown statement ${shown(type)}`)
  const fields = record(stmt, `${place}.stmt`)
  const table: Readonly<Record<string, keyof FieldTypes>> = statementFields[type as keyof typeof statementFields]
  for (const part of ['file', 'row', 'col']) whole(fields[part], `${place}.${part}`, Number.MAX_SAFE_INTEGER)
  if (fields['end_row'] !== undefined) whole(fields['end_row'], `${place}.end_row`, Number.MAX_SAFE_INTEGER)
  const inner = level + (type === 'ScanStmt' ? 2 : 1)
  for (const [name, kind] of Object.entries(table))
    readField[kind](reader, fields[name], `${place}.${name}`, kind === 'level' ? level : inner)
  if (type === 'CallStmt') readCall(reader, fields, place)
  if (type === 'MakeNumberRefStmt') readNumeral(reader, fields, place)
}

const readField: Readonly<Record<keyof FieldTypes, (reader: Reader, value: unknown, place: string, level: number) => void>> = {
  local,
  operand,
  integer(_, value, place) {
    if (!Number.isSafeInteger(value)) throw invalid(place, `${shown(value)} is not an integer up to 2^53`)
  },
  level(_, value, place, level) {
    whole(value, place, level)
  },
  string: (reader, value, place) => whole(value, place, reader.strings.length - 1),
  name: (_, value, place) => void text(value, place),
  block: readBlock,
  blocks: readBlocks,
  locals(reader, value, place) {
    for (const [i, item] of list(value ?? [], place, MAX_LIST).entries()) local(reader, item, `${place}[${i}]`)
  },
  operands(reader, value, place) {
    for (const [i, item] of list(value ?? [], place, MAX_LIST).entries()) operand(reader, item, `${place}[${i}]`)
  },
  path(reader, value, place) {
    for (const [i, item] of list(value ?? [], place, MAX_LIST).entries()) whole(item, `${place}[${i}]`, reader.strings.length - 1)
  },
}

function operand(reader: Reader, value: unknown, place: string): void {
  const { type, value: content } = record(value, place)
  if (type === 'local') local(reader, content, place)
  else if (type === 'string_index') whole(content, place, reader.strings.length - 1)
  else if (type !== 'bool' || typeof content !== 'boolean') throw invalid(place, 'neither a local, a string nor a boolean')
}

function readCall(reader: Reader, { func, args, file, row, col }: Readonly<Record<string, unknown>>, place: string): void {
  const name = String(func)
  const arity = reader.arities.get(name) ?? builtins.get(name)?.arity
  const given = Array.isArray(args) ? args.length : 0
  if (arity === undefined) {
    if (!reader.missing.has(name))
      reader.missing.set(name, `${reader.files[Number(file)] ?? 'policy'}:${String(row)}:${String(col)}`)
  } else if (given !== arity) {
    throw invalid(place, `${name} takes ${arity} arguments, not ${given}`)
  }
}

function readNumeral({ strings }: Reader, { Index }: Readonly<Record<string, unknown>>, place: string): void {
  const numeral = strings[Number(Index)] ?? ''
  if (numeral.length > MAX_NUMERAL || parseNumeric(numeral) === null) throw invalid(place, `${shown(numeral)} is not a number`)
}
const MAX_NUMERAL = 1000

function refuseMissing(missing: ReadonlyMap<string, string>): void {
  if (missing.size === 0) return
  const names = [...missing].map(([name, place]) => `${name} (${place})`).slice(0, 20)
  throw new RunproofError('gate.builtin_missing', `the policy calls built-ins that do not exist here: ${names.join(', ')}`)
}

function record(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(place, 'not an object')
  return value as Readonly<Record<string, unknown>>
}

function list(value: unknown, place: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(place, 'not a list')
  if (value.length > most) throw invalid(place, `more than ${most} items`)
  return value
}

function texts(value: unknown, place: string): readonly string[] {
  return list(value ?? [], place, MAX_STRINGS).map((item, i) =>
    text(record(item, `${place}[${i}]`)['value'], `${place}[${i}].value`),
  )
}

function text(value: unknown, place: string): string {
  if (typeof value !== 'string') throw invalid(place, 'not a string')
  return value
}

function local({ maxLocal }: Reader, value: unknown, place: string): void {
  whole(value, place, maxLocal)
}

function whole(value: unknown, place: string, most: number): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw invalid(place, `${shown(value)} is not an integer from 0 to ${most}`)
}

function shown(value: unknown): string {
  // Undefined has no JSON.
  return JSON.stringify(value ?? null).slice(0, 60)
}

function invalid(place: string, reason: string): RunproofError {
  return new RunproofError('gate.invalid', `the compiled policy is malformed at ${place}: ${reason}`)
}
