import { assertionsOf, attributeOf, typeInfoOf, type TypeInfo } from '../load/attributes.ts'
import { readers } from '../load/inverted.ts'
import { placeOf } from '../load/places.ts'
import type { Dialect, Note, Resource, Suite } from '../model/resource.ts'
import { isGoList, isGoMap, type GoValue } from '../model/value.ts'
import { attributeChecks, lintSubject } from './attributes.ts'
import type { Finding } from './finding.ts'
import { lintMatcher } from './matchers.ts'
import { lintPatterns } from './patterns.ts'

/** Attributes that hosts answer with a list. */
const lists: ReadonlySet<string> = new Set([
  'addrs',
  'ip',
  'groups',
  'versions',
  'opts',
  'vfs-opts',
  'runlevels',
  'names',
  'args',
])
const severities = ['info', 'low', 'medium', 'high', 'critical']

/** What only goss gets wrong, or does not know: here it is judged as it is written. */
const ofGossAlone: ReadonlySet<string> = new Set([
  'not-in-goss',
  'equal-list',
  'mount-absent',
  'ipv6-case',
  'dns-type-without-server',
])

/**
 * Everything in a suite that does not say what its author will have meant, with what loading it already noted, in the order of the files.
 * `dialect`: which judge it is written for. Nothing is run and nothing is looked up.
 */
export function lintSuite(suite: Suite, dialect: Dialect = 'goss'): readonly Note[] {
  const names = new Set(suite.resources.flatMap(({ type, key }) => [`${type}:${key}`, `${type}\0${key}`]))
  const isTold = ({ code }: Finding) => dialect === 'goss' || !ofGossAlone.has(code)
  const found = suite.resources.flatMap((resource) =>
    lintResource(resource, names)
      .filter(isTold)
      .map(({ code, text, fix, attribute }): Note => {
        const place = attribute === undefined ? resource.place : placeOf(resource, attribute)
        return {
          code,
          message: `${resource.type} ${resource.key}: ${attribute === undefined ? '' : `${attribute}: `}${text}`,
          place,
          fix,
        }
      }),
  )
  const order = new Map(suite.sources.map(({ path }, index) => [path, index]))
  const at = ({ place }: Note) => order.get(place.file) ?? -1
  return [...suite.notes, ...found].toSorted(
    (a, b) => at(a) - at(b) || (a.place.row ?? 0) - (b.place.row ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0),
  )
}

function lintResource(resource: Resource, names: ReadonlySet<string>): readonly Finding[] {
  const info = typeInfoOf(resource.type)
  if (info === undefined) return []
  const name = info.override === null ? null : resource.attributes.get(info.override)
  return [
    ...lintShape(resource, info),
    ...lintSubject(resource.type, typeof name === 'string' ? name : resource.key, resource),
    ...[...resource.attributes].flatMap(([attribute, value]) => lintAttribute(resource, info, attribute, value)),
    ...lintDependencies(resource, names),
  ]
}

function lintShape({ attributes, skip, type }: Resource, info: TypeInfo): readonly Finding[] {
  if (skip) return [{ code: 'skipped', text: 'it is never judged', fix: 'take skip away, or the resource', attribute: 'skip' }]
  const findings: Finding[] = []
  const asserted = assertionsOf(info).filter((name) => attributes.has(name))
  const isDns = type === 'dns' && attributes.has('resolveable')
  if (info.required !== null && !attributes.has(info.required) && !isDns) {
    findings.push({ code: 'required-missing', text: `${info.required} is missing`, fix: `add ${info.required}: …` })
  } else if (asserted.length === 0 && type !== 'certificate') {
    findings.push({
      code: 'nothing-asserted',
      text: 'it states nothing about the host',
      fix: `add ${assertionsOf(info).slice(0, 3).join(' or ')}`,
    })
  }
  const isGated = info.required !== null && type !== 'command' && attributes.get(info.required) === false
  const behind = asserted.filter((name) => name !== info.required)
  if (isGated && behind.length > 0) {
    const [first = ''] = behind
    findings.push({
      code: 'unreachable',
      text: `behind ${info.required}: false it is never judged`,
      fix: 'take it away',
      attribute: first,
    })
  }
  if (info.since !== 'goss')
    findings.push({ code: 'not-in-goss', text: 'goss 0.4.10 ignores this type', fix: 'keep it in a file of its own' })
  return findings
}

function lintAttribute(resource: Resource, info: TypeInfo, name: string, value: GoValue): readonly Finding[] {
  const attribute = attributeOf(info, name)
  const findings: Finding[] = [...(attributeChecks.get(`${resource.type}.${name}`)?.(value, resource) ?? [])]
  if (attribute !== undefined && attribute.since !== 'goss' && info.since === 'goss') {
    findings.push({
      code: 'not-in-goss',
      text: 'goss 0.4.10 refuses the file for it',
      fix: 'keep it in a file that goss does not read',
    })
  }
  if (attribute?.kind === 'matcher') findings.push(...lintStatement(resource, name, value))
  if (attribute?.kind === 'matchers' && isGoMap(value))
    findings.push(...[...value.values()].flatMap((inner) => lintMatcher(inner, false)))
  if (name === 'severity' && typeof value === 'string' && !severities.includes(value)) {
    findings.push({ code: 'severity-unknown', text: `${value} is no severity`, fix: `one of ${severities.join(', ')}` })
  }
  return findings.map((finding) => ({ ...finding, attribute: finding.attribute ?? name }))
}

function lintStatement({ type, attributes }: Resource, name: string, value: GoValue): readonly Finding[] {
  const isReader = readers.has(name) || (type === 'matching' && attributes.get('as-reader') === true)
  const isList = type !== 'matching' && (lists.has(name) || isReader)
  if (isGoList(value) && value.length === 0 && type !== 'matching') {
    return [
      {
        code: 'empty-list',
        text: '[] asserts nothing',
        fix: isReader ? 'write "" for empty, or leave it out' : 'write {have-len: 0}, or leave it out',
      },
    ]
  }
  if (isReader && isGoList(value)) return lintPatterns(value)
  return [...nestedPatterns(value), ...lintMatcher(value, isList)]
}

/** `have-patterns` may stand at any depth. */
function nestedPatterns(value: GoValue): readonly Finding[] {
  if (isGoList(value)) return value.flatMap(nestedPatterns)
  if (!isGoMap(value)) return []
  return [...value].flatMap(([name, inner]) =>
    name === 'have-patterns' && isGoList(inner) ? lintPatterns(inner) : name === 'gjson' ? [] : nestedPatterns(inner),
  )
}

/** `known`: `type:key`, as it is named from another type, and `type\\0key`. */
function lintDependencies({ type, attributes }: Resource, known: ReadonlySet<string>): readonly Finding[] {
  const names = attributes.get('depends-on') ?? null
  if (!isGoList(names)) return []
  const isThere = (name: string) => known.has(name) || known.has(`${type}\0${name}`)
  return names
    .filter((name) => typeof name === 'string')
    .filter((name) => !isThere(name))
    .map((name) => ({
      code: 'dependency-unknown' as const,
      text: `${name} is not in the suite`,
      fix: 'name it as type:key',
      attribute: 'depends-on',
    }))
}
