import type { JsonValue } from '../../../core/proof/jcs.ts'
import { typeInfos, type Attribute, type TypeInfo } from '../load/attributes.ts'
import { readers } from '../load/inverted.ts'
import { matcherNames } from './matchers.ts'

type Schema = { readonly [key: string]: JsonValue }

/**
 * JSON Schema (2020-12) of a gossfile after its templates, as Runproof reads it: every type, every attribute, every matcher with what it
 * takes. It refuses what can never be loaded or judged; what is only suspicious `state lint` says.
 */
export function gossfileSchema(): Schema {
  const sections = typeInfos.map((info): [string, Schema] => [
    info.type,
    { type: ['object', 'null'], additionalProperties: { $ref: `#/$defs/${info.type}` } },
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://runproof.dev/schemas/gossfile.v1.schema.json',
    title: 'Gossfile: what a host should be like',
    type: ['object', 'null'],
    additionalProperties: false,
    patternProperties: { '^x-': true },
    properties: Object.fromEntries(sections),
    $defs: { ...Object.fromEntries(typeInfos.map((info) => [info.type, resourceSchema(info)])), ...matcherDefinitions },
  }
}

const scalar: Schema = { type: ['string', 'number', 'boolean', 'null'] }
const text: Schema = scalar
const matcher: Schema = { $ref: '#/$defs/matcher' }
const severities = ['info', 'low', 'medium', 'high', 'critical']

/** Matchers that take another value than a matcher. */
const operands: Readonly<Record<string, Schema>> = {
  equal: {},
  'have-prefix': { type: 'string' },
  'have-suffix': { type: 'string' },
  'match-regexp': { type: 'string' },
  'contain-substring': { type: 'string' },
  'have-len': { type: 'number' },
  'have-patterns': { $ref: '#/$defs/patterns' },
  'contain-elements': { type: 'array', items: matcher },
  'consist-of': { type: 'array', items: matcher },
  and: { type: 'array', items: matcher, minItems: 1 },
  or: { type: 'array', items: matcher, minItems: 1 },
  gt: { type: 'number' },
  ge: { type: 'number' },
  lt: { type: 'number' },
  le: { type: 'number' },
  'semver-constraint': { type: 'string', pattern: '^[^\\^~]*$' },
  gjson: { type: 'object', minProperties: 1, additionalProperties: matcher },
}

const oneMatcher: Schema = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(matcherNames.map((name) => [name, operands[name] ?? matcher])),
    xml: {
      type: 'object',
      required: ['xpath'],
      additionalProperties: false,
      properties: { xpath: { type: 'string' }, result: matcher },
    },
  },
}

const inverted: Schema = {
  type: 'object',
  required: ['pattern'],
  additionalProperties: false,
  properties: { pattern: { type: 'string' }, invert: { type: 'boolean' } },
}

const matcherDefinitions: Schema = {
  matcher: {
    description: 'A value that the host must have, a list of which it must have every element, or one matcher.',
    anyOf: [{ type: ['string', 'number', 'boolean'] }, { type: 'array', items: matcher }, { $ref: '#/$defs/named-matcher' }],
  },
  'named-matcher': oneMatcher,
  patterns: {
    description: 'Each must be found in a line: text, /regular expression/, or either with ! in front for "in no line".',
    type: 'array',
    items: { anyOf: [{ type: 'string', not: { pattern: '^!?/$' } }, inverted] },
  },
  reader: { anyOf: [{ type: ['string', 'null'] }, { $ref: '#/$defs/patterns' }, { $ref: '#/$defs/named-matcher' }] },
}

/** What single attributes take, where their kind alone does not say it. */
const special: Readonly<Record<string, Schema>> = {
  'file.mode': { anyOf: [{ type: 'string', pattern: '^[0-7]{4}$' }, { type: 'null' }, { $ref: '#/$defs/named-matcher' }] },
  'command.exit-status': {
    anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?[0-9]+$' }, { $ref: '#/$defs/named-matcher' }],
  },
  'http.request-headers': { type: ['array', 'null'], items: { type: 'string', pattern: ': ' } },
  'matching.content': {},
  'matching.matches': { anyOf: [matcher, { type: 'null' }] },
}

function resourceSchema(info: TypeInfo): Schema {
  const properties = info.attributes
    .filter(({ name }) => name !== '-')
    .map((attribute): [string, Schema] => [
      attribute.name,
      special[`${info.type}.${attribute.name}`] ?? attributeSchema(attribute),
    ])
  const needs = info.type === 'dns' ? { anyOf: [{ required: ['resolvable'] }, { required: ['resolveable'] }] } : requiredOf(info)
  return {
    type: info.type === 'gossfile' ? ['object', 'null'] : 'object',
    additionalProperties: false,
    ...needs,
    properties: Object.fromEntries(properties),
  }
}

function requiredOf({ type, required }: TypeInfo): Schema {
  if (type === 'service') return { anyOf: ['enabled', 'running', 'runlevels'].map((name) => ({ required: [name] })) }
  return required === null ? {} : { required: [required] }
}

function attributeSchema({ name, kind }: Attribute): Schema {
  if (name === 'severity') return { enum: severities }
  switch (kind) {
    case 'string':
      return text
    case 'int':
      return { type: ['integer', 'null'] }
    case 'bool':
      return { enum: [true, false, null, ...yamlWords] }
    case 'strings':
      return { type: ['array', 'null'], items: scalar }
    case 'meta':
      return { type: ['object', 'null'] }
    case 'matchers':
      return { type: ['object', 'null'], additionalProperties: matcher }
    case 'duration':
      return { type: ['integer', 'string'] }
    case 'any':
      return {}
    case 'matcher':
      return readers.has(name) ? { $ref: '#/$defs/reader' } : { anyOf: [matcher, { type: 'null' }] }
  }
}

/** YAML 1.1's booleans, which goss takes where it wants one. */
const yamlWords = 'y Y yes Yes YES on On ON n N no No NO off Off OFF'.split(' ')
