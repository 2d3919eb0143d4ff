import type { JsonValue } from '../../../core/proof/jcs.ts'
import { sensorKinds } from '../../store/state/sensors.ts'
import { refusals, type OtherRoute } from '../openapi.ts'

type JsonObject = { readonly [key: string]: JsonValue }

const text: JsonObject = { type: 'string' }
const page: JsonObject = { description: 'a page', content: { 'text/html': { schema: text } } }
const object = (properties: JsonObject, required: readonly string[] = Object.keys(properties)): JsonObject => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
})
const json = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } })
const done = (schema: JsonObject): JsonObject => ({ 200: { description: 'done', content: json(schema) }, ...refusals })
const nullable = (type: string): JsonObject => ({ type: [type, 'null'] })
const list = (items: JsonObject): JsonObject => ({ type: 'array', items })
const scope = { application: text, environment: text }
const person = object({ id: text, issuer: text, subject: text, name: text, email: nullable('string') })

const linkForm = object({ token: text, name: text, as: { enum: ['session', 'token'] } }, ['token'])
const enrolForm = object(
  { token: text, name: text, kind: { enum: [...sensorKinds] }, public_key: nullable('string'), proof: nullable('string') },
  ['token', 'name', 'kind'],
)

/** The routes of {@link registerAccess} for OpenAPI: nobody is known yet where they are used, so they are no acts. */
export const accessOperations: readonly OtherRoute[] = [
  {
    path: '/login',
    method: 'GET',
    operation: {
      operationId: 'start-login',
      summary: 'go to the identity provider; without one, a page that says how to come in',
      security: [],
      parameters: [{ name: 'return_to', in: 'query', required: false, schema: text, description: 'a path of this service' }],
      responses: { 200: page, 302: { description: 'to the identity provider' }, ...refusals },
    },
  },
  {
    path: '/login/callback',
    method: 'GET',
    operation: {
      operationId: 'finish-login',
      summary: 'where the identity provider sends people back to',
      security: [],
      parameters: ['code', 'state', 'iss', 'error'].map((name) => ({ name, in: 'query', required: false, schema: text })),
      responses: { 200: page, ...refusals },
    },
  },
  {
    path: '/login/link/{token}',
    method: 'GET',
    operation: {
      operationId: 'show-link',
      summary: 'the page of a one-time link; opening it does not use it up',
      security: [],
      parameters: [{ name: 'token', in: 'path', required: true, schema: text }],
      responses: { 200: page, ...refusals },
    },
  },
  {
    path: '/login/link',
    method: 'POST',
    operation: {
      operationId: 'follow-link',
      summary: 'use a one-time link up: for a session, or for an API token',
      security: [],
      requestBody: { required: true, content: { ...json(linkForm), 'application/x-www-form-urlencoded': { schema: linkForm } } },
      responses: {
        200: {
          description: 'a page for browsers; else who one is, with the word for what changes something, or with the API token',
          content: {
            'text/html': { schema: text },
            ...json(object({ person: text, name: text, csrf_token: text, token: text, expires_at: text }, ['person', 'name'])),
          },
        },
        ...refusals,
      },
    },
  },
  {
    path: '/session',
    method: 'GET',
    operation: {
      operationId: 'show-session',
      summary: 'who is logged in, and the word to send back in x-csrf-token',
      security: [{ session: [] }],
      responses: done(
        object({
          person,
          grants: list(object({ role: text, ...scope })),
          permissions: list(text),
          csrf_token: text,
          expires_at: text,
        }),
      ),
    },
  },
  {
    path: '/logout',
    method: 'POST',
    operation: {
      operationId: 'log-out',
      summary: 'end the session; the answer says where the identity provider ends its own',
      security: [{ session: [] }],
      responses: done(object({ status: text, provider_logout: nullable('string') })),
    },
  },
  {
    path: '/api/v1/sensors/enrol',
    method: 'POST',
    operation: {
      operationId: 'enrol-sensor',
      summary: 'a sensor enrols itself with a one-time token, which settles what it may speak for',
      security: [],
      requestBody: { required: true, content: json(enrolForm) },
      responses: done(
        object({ id: text, secret: text, token: text, scopes: list(object(scope)), ledger_index: { type: 'integer' } }),
      ),
    },
  },
]
