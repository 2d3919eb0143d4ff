import type { JsonValue } from '../../../core/proof/jcs.ts'
import type { Random } from '../../fuzz/random.ts'
import { isObject, type Schema } from './json-schema.ts'

/** A value that fits the schema, as far as a generator can tell: patterns are tried from a list of what our fields look like. */
export function fitting(schema: JsonValue, random: Random, depth = 0): JsonValue {
  if (!isObject(schema)) return 'anything'
  const { type, enum: choices, anyOf, oneOf, properties, items } = schema
  if (schema['const'] !== undefined) return schema['const']
  if (Array.isArray(choices)) return random.pick(choices)
  const some = anyOf ?? oneOf
  if (Array.isArray(some)) return fitting(random.pick(some), random, depth)
  const kind = Array.isArray(type) ? random.pick(type) : type
  if (kind === 'null') return null
  if (kind === 'boolean') return random.chance(0.5)
  if (kind === 'integer' || kind === 'number') return numberFor(schema, random)
  if (kind === 'string') return textFor(schema, random)
  if (kind === 'array') {
    const { minItems } = schema
    const least = typeof minItems === 'number' ? minItems : 0
    return Array.from({ length: depth > 3 ? least : least + random.int(4) }, () => fitting(items ?? {}, random, depth + 1))
  }
  if (kind === 'object' || isObject(properties)) return objectFor(schema, random, depth)
  return random.pick<JsonValue>([null, 1, 'text', [], {}])
}

function objectFor({ properties, required }: Schema, random: Random, depth: number): JsonValue {
  const needed: ReadonlySet<JsonValue> = new Set(Array.isArray(required) ? required : [])
  const members = Object.entries(isObject(properties) ? properties : {}).filter(
    ([name]) => needed.has(name) || (depth < 4 && random.chance(0.6)),
  )
  return Object.fromEntries(members.map(([name, schema]) => [name, fitting(schema, random, depth + 1)]))
}

function numberFor({ minimum, maximum }: Schema, random: Random): number {
  const least = typeof minimum === 'number' ? Math.max(minimum, -1e9) : 0
  const most = typeof maximum === 'number' ? Math.min(maximum, 1e9) : least + 1000
  return random.pick([least, most, least + random.int(Math.max(1, most - least))])
}

const hex = (digits: number, random: Random): string =>
  Array.from({ length: digits }, () => '0123456789abcdef'[random.int(16)]).join('')

function textFor({ pattern, minLength, maxLength, format }: Schema, random: Random): string {
  const least = typeof minLength === 'number' ? minLength : 0
  const most = Math.min(typeof maxLength === 'number' ? maxLength : 200, 2000)
  const usual = [
    ...[
      'payments',
      'shop',
      'prod',
      'falco',
      'x',
      '1',
      '50',
      '2026-03-02T00:00:00Z',
      '2026-03-02T00:00:00.000Z',
      'open',
      'spawned',
    ],
    ...[
      hex(64, random),
      hex(16, random),
      `rpf1:${hex(64, random)}`,
      'spiffe://example.org/a',
      'payments/prod/2026-03-02T00:00:00Z',
    ],
  ]
  const fits = (text: string): boolean =>
    text.length >= least && text.length <= most && (typeof pattern !== 'string' || new RegExp(pattern, 'u').test(text))
  const candidates = (format === 'date-time' ? ['2026-03-02T00:00:00Z'] : usual).filter(fits)
  return candidates.length > 0 ? random.pick(candidates) : 'x'.repeat(Math.max(1, least))
}

const odd: readonly JsonValue[] = [
  ...[
    null,
    true,
    -1,
    0,
    1e308,
    1.5,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    "' OR 1=1 --",
    '%',
    '*',
  ],
  ...[
    '"',
    'NEAR(',
    'a"b*',
    '{}',
    '__proto__',
    'constructor',
    'x'.repeat(600),
    '𝕏'.repeat(300),
    '-9223372036854775809',
    '1e3',
    'NaN',
  ],
  ...[[], {}, [[]], [null], { __proto__: { a: 1 } }, { constructor: { prototype: 1 } }, ['a', 'b']],
]

/** Something that nobody asked for, in place of one member or beside them. */
export function spoiled(value: JsonValue, random: Random): JsonValue {
  if (!isObject(value)) return random.pick(odd)
  const names = Object.keys(value)
  if (names.length === 0 || random.chance(0.2))
    return { ...value, [random.pick(['unknown', '__proto__', '', 'limit'])]: random.pick(odd) }
  const name = random.pick(names)
  if (random.chance(0.2)) return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))
  return { ...value, [name]: random.chance(0.5) ? spoiled(value[name] ?? null, random) : random.pick(odd) }
}
