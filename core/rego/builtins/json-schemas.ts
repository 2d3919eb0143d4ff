import type { Value } from '../value.ts'
import { any, BuiltinError, type BuiltinFunction } from './builtin.ts'
import { documentOf } from './json-document.ts'
import { parseSchema } from './json-schema-parse.ts'
import { violations } from './json-schema-validate.ts'

/** `[true, []]`, or `[false, …]` with all that is wrong. Document and schema are values or JSON text. */
export const matchSchema: BuiltinFunction = (operands, run) => {
  const document = documentOf(any(operands, 0))
  const schema = parseSchema(documentOf(any(operands, 1)), run)
  const found = violations(schema, document, run)
  const listed: readonly Value[] = found.map(({ type, field, description }) => ({
    error: `${field}: ${description}`,
    type,
    field,
    desc: description,
  }))
  return [found.length === 0, listed]
}

/** `[true, null]`, or `[false, why]` for what is no JSON schema. */
export const verifySchema: BuiltinFunction = (operands, run) => {
  try {
    parseSchema(documentOf(any(operands, 0)), run)
    return [true, null]
  } catch (cause) {
    if (cause instanceof BuiltinError) return [false, `jsonschema: ${cause.message}`]
    throw cause
  }
}
