import type { JsonValue } from '../../../core/proof/jcs.ts'
import { isObject, type Schema } from './json-schema.ts'

export type Parameter = { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: JsonValue }

/** One operation of the served OpenAPI document. */
export type Operation = {
  readonly id: string
  readonly method: string
  /** With `{name}` for parameters. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Of a JSON body; null: none. */
  readonly body: JsonValue | null
  /** Of the answer with status 200; null: not said. */
  readonly answer: JsonValue | null
  /** Statuses that are written out. */
  readonly statuses: ReadonlySet<string>
}

const methods: ReadonlySet<string> = new Set(['get', 'post', 'put', 'delete', 'patch'])

/** What the document says about every operation. */
export function operationsOf(document: JsonValue): readonly Operation[] {
  const paths = member(document, 'paths')
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(isObject(item) ? item : {})
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => operationOf(path, method, operation as Schema)),
  )
}

function operationOf(path: string, method: string, operation: Schema): Operation {
  const { operationId, parameters, requestBody, responses } = operation
  return {
    id: textOf(operationId),
    method: method.toUpperCase(),
    path,
    parameters: (Array.isArray(parameters) ? parameters : []).map((parameter) => {
      const { name, in: place, required, schema } = parameter as Schema
      return { name: textOf(name), in: textOf(place), required: required === true, schema: schema ?? {} }
    }),
    body: contentSchema(requestBody),
    answer: contentSchema(isObject(responses) ? responses['200'] : undefined),
    statuses: new Set(Object.keys(isObject(responses) ? responses : {})),
  }
}

function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new Error('an operation or a parameter of the OpenAPI document has no name')
  return value
}

function contentSchema(holder: JsonValue | undefined): JsonValue | null {
  if (!isObject(holder) || !isObject(holder['content'])) return null
  const json = holder['content']['application/json']
  return isObject(json) ? (json['schema'] ?? null) : null
}

function member(value: JsonValue, name: string): Schema {
  const found = isObject(value) ? value[name] : undefined
  if (!isObject(found)) throw new Error(`the OpenAPI document has no ${name}`)
  return found
}
