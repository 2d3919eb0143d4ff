import { z } from 'zod/mini'
import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Action } from '../actions/action.ts'

type JsonObject = { readonly [key: string]: JsonValue }
type ObjectSchema = JsonObject & { readonly properties?: JsonObject; readonly required?: readonly string[] }

/** A route that is no act: written out by hand, because its body is no JSON or its answer is no single object. */
export type OtherRoute = { readonly path: string; readonly method: string; readonly operation: JsonObject }

/**
 * The API as OpenAPI 3.1, made from the very schemas that check requests: what it says and what the server does cannot drift apart. A
 * test sends generated requests and holds the server to it.
 */
export function openApi(actions: readonly Action<never>[], others: readonly OtherRoute[], version: string): JsonObject {
  const paths = new Map<string, Record<string, JsonValue>>()
  const add = (path: string, method: string, operation: JsonObject): void => {
    const methods = paths.get(path) ?? {}
    methods[method.toLowerCase()] = operation
    paths.set(path, methods)
  }
  for (const action of actions) add(action.path.replaceAll(/:(\w+)/g, '{$1}'), action.method, operationOf(action))
  for (const { path, method, operation } of others) add(path, method, operation)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Runproof',
      version,
      summary: 'Can we prove that our applications operated securely in production?',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths: Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or the secret of an enrolled sensor.' },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'Id and secret of an enrolled sensor, as in the user part of a URL.',
        },
        session: { type: 'apiKey', in: 'cookie', name: 'runproof_session' },
      },
      responses: { problem },
    },
    security: [{ bearer: [] }, { basic: [] }, { session: [] }],
  }
}

const problem: JsonObject = {
  description: 'A refusal (RFC 9457); `code` is explained in docs/errors.md',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'code'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          code: { type: 'string' },
          errors: {
            type: 'array',
            items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
          },
        },
      },
    },
  },
}

/** What every route may answer instead. */
export const refusals: JsonObject = { default: { $ref: '#/components/responses/problem' } }

function operationOf(action: Action<never>): JsonObject {
  const input = schemaOf(action.input, 'input') as ObjectSchema
  const inPath = [...action.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
  const properties = Object.entries(input.properties ?? {})
  const required = new Set(input.required ?? [])
  const parameters = properties
    .filter(([name]) => inPath.includes(name) || action.method === 'GET')
    .map(([name, schema]): JsonObject => {
      const isInPath = inPath.includes(name)
      return { name, in: isInPath ? 'path' : 'query', required: isInPath || required.has(name), schema }
    })
  const body = properties.filter(([name]) => !inPath.includes(name))
  const hasBody = action.method !== 'GET' && body.length > 0
  return {
    operationId: action.name,
    summary: action.summary,
    'x-permission': action.permission,
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && { requestBody: bodyOf(body, required, inPath) }),
    responses: {
      200: { description: 'done', content: { 'application/json': { schema: schemaOf(action.output, 'output') } } },
      ...refusals,
    },
  }
}

function bodyOf(
  members: readonly (readonly [string, JsonValue])[],
  required: ReadonlySet<string>,
  inPath: readonly string[],
): JsonObject {
  const needed = [...required].filter((name) => !inPath.includes(name))
  const schema = {
    type: 'object',
    properties: Object.fromEntries(members),
    additionalProperties: false,
    ...(needed.length > 0 && { required: needed }),
  }
  return { required: needed.length > 0, content: { 'application/json': { schema } } }
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): JsonValue {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest as unknown as JsonValue
}
