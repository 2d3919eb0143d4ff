import type { Dialect, Note, Place, Resource, ResourceType } from '../model/resource.ts'
import { isGoMap, type GoMap, type GoValue } from '../model/value.ts'
import { attributeOf, typeInfoOf, type Attribute, type TypeInfo } from './attributes.ts'
import { GossfileError } from './failure.ts'
import type { Decodable } from './format.ts'
import { readers, withoutInverted } from './inverted.ts'
import { isNull, targetOf, type MapNode, type Node } from './node.ts'
import { rememberPlaces } from './places.ts'

/** Another gossfile that one names. `file`: as written, perhaps a glob. */
export type Include = {
  readonly key: string
  readonly file: string
  readonly title: string
  readonly meta: GoMap | null
  readonly skip: boolean
  readonly place: Place
}

/** One file, its includes not followed. */
export type Gossfile = {
  readonly resources: readonly Resource[]
  readonly includes: readonly Include[]
  readonly notes: readonly Note[]
}

/**
 * What one text says, in Go's types.
 *
 * @throws GossfileError in goss's words for what it refuses; in the dialect `runproof` also for what it silently drops: an unknown
 * top-level key, a second document, a service that asserts nothing
 */
export function readGossfile(source: Decodable, file: string, dialect: Dialect): Gossfile {
  const reader = new Reader(source, file, dialect)
  return reader.read()
}

class Reader {
  readonly #source: Decodable
  readonly #file: string
  readonly #dialect: Dialect
  readonly #resources = new Map<string, Resource>()
  readonly #includes = new Map<string, Include>()
  /** Types that were read. */
  readonly #sections = new Set<TypeInfo['type']>()
  readonly #notes: Note[] = []

  constructor(source: Decodable, file: string, dialect: Dialect) {
    this.#source = source
    this.#file = file
    this.#dialect = dialect
  }

  read(): Gossfile {
    const { root, decoder, nextRow } = this.#source
    if (root !== null && !isNull(root)) this.#top(targetOf(root))
    decoder.finish()
    if (nextRow !== null) this.#secondDocument(nextRow)
    return { resources: [...this.#resources.values()], includes: [...this.#includes.values()], notes: this.#notes }
  }

  #top(root: Exclude<Node, { kind: 'alias' }>): void {
    const { decoder } = this.#source
    if (root.kind !== 'map') return decoder.wrongType(root, 'goss.GossConfig')
    for (const [key, value] of decoder.pairs(root) ?? []) {
      if (isNull(key)) continue
      const name = decoder.string(key)
      if (name !== undefined) this.#section(this.#sectionName(name), key, value)
    }
  }

  /** Go's JSON takes a top-level key whatever its case. */
  #sectionName(name: string): string {
    const isJson = this.#source.decoder.ignoresCase
    return isJson && typeInfoOf(name) === undefined ? name.toLowerCase() : name
  }

  #section(name: string, key: Node, value: Node): void {
    const info = typeInfoOf(name)
    const isKnown = info !== undefined && (info.since === 'goss' || this.#dialect === 'runproof')
    if (!isKnown) return this.#unknownSection(name, key)
    if (isNull(value)) return this.#dropSection(info.type)
    const { decoder } = this.#source
    const section = targetOf(value)
    const before = decoder.errors.length
    decoder.reading(`GossConfig.${info.type}`)
    if (section.kind !== 'map') return decoder.wrongType(section, 'map[string]map[string]interface {}')
    const entries = this.#entries(section, info)
    if (decoder.errors.length > before) return
    this.#dropSection(info.type)
    this.#sections.add(info.type)
    for (const [id, node] of entries) this.#resource(info, id, node)
    const missing = entries.find(([, node]) => isNull(node))
    if (missing === undefined || decoder.errors.length > before) return
    decoder.raise(new GossfileError(`Could not parse resource ${info.goName}:${missing[0]}`, this.#placeOf(missing[1])))
  }

  /** A section that JSON gives twice replaces the one before it. */
  #dropSection(type: TypeInfo['type']): void {
    if (!this.#sections.delete(type)) return
    if (type === 'gossfile') this.#includes.clear()
    for (const [name, resource] of this.#resources) if (resource.type === type) this.#resources.delete(name)
  }

  /** goss reads every attribute twice: first as anything, to see its names, then into its types. */
  #entries(section: MapNode, info: TypeInfo): readonly (readonly [string, Node])[] {
    const { decoder } = this.#source
    const before = decoder.errors.length
    const entries: [string, Node][] = []
    const unknown: GossfileError[] = []
    for (const [key, value] of decoder.pairs(section) ?? []) {
      const id = isNull(key) ? undefined : decoder.string(key)
      if (id === undefined) continue
      entries.push([id, value])
      if (isNull(value)) continue
      const resource = targetOf(value)
      if (resource.kind === 'map') unknown.push(...this.#unknownNames(decoder.pairs(resource) ?? [], info, id))
      else decoder.wrongType(resource, 'map[string]interface {}')
    }
    const [first] = unknown
    if (first !== undefined && decoder.errors.length === before) decoder.raise(first)
    return entries
  }

  #unknownNames(pairs: readonly (readonly [Node, Node])[], info: TypeInfo, id: string): readonly GossfileError[] {
    const { decoder } = this.#source
    const unknown: GossfileError[] = []
    for (const [key, value] of pairs) {
      const name = isNull(key) ? undefined : decoder.string(key)
      decoder.any(value)
      if (name === undefined || this.#attribute(info, name) !== undefined) continue
      unknown.push(new GossfileError(`invalid Attribute for ${info.goName}:${id}: ${name}`, this.#placeOf(key)))
    }
    return unknown
  }

  #attribute(info: TypeInfo, name: string): Attribute | undefined {
    const attribute = attributeOf(info, name)
    return attribute?.since === 'goss' || this.#dialect === 'runproof' ? attribute : undefined
  }

  #resource(info: TypeInfo, id: string, value: Node): void {
    const { decoder } = this.#source
    const node = targetOf(value)
    if (node.kind !== 'map') return
    const fields = new Map<string, GoValue>()
    const places = new Map<string, Place>()
    for (const [key, item] of decoder.pairs(node) ?? []) {
      const name = isNull(key) ? undefined : decoder.string(key)
      const attribute = name === undefined ? undefined : this.#attribute(info, name)
      if (attribute === undefined) continue
      decoder.reading(`GossConfig.${info.type}.${attribute.name}`)
      const field = this.#accepted(this.#field(attribute, item), `${info.type} ${id}`, attribute, item)
      decoder.reading(`GossConfig.${info.type}`)
      places.set(attribute.name, this.#placeOf(item))
      if (field !== undefined && !isEmpty(field, attribute)) fields.set(attribute.name, field)
    }
    if (info.type === 'gossfile') this.#include(id, fields, node)
    else this.#keep(info.type, id, fields, node, places)
  }

  /** `{pattern, invert}` is taken for the pattern that it means, and said; goss answers it with an error when it judges. */
  #accepted(value: GoValue | undefined, resource: string, { name }: Attribute, node: Node): GoValue | undefined {
    if (value === undefined || this.#dialect === 'goss' || !readers.has(name)) return value
    const plain = withoutInverted(value)
    if (plain !== value) {
      const message = `${resource}: ${name}: {pattern, invert} is no gossfile syntax; goss answers it with an error`
      this.#notes.push({ code: 'pattern-invert', message, place: this.#placeOf(node), fix: 'write "pattern" or "!pattern"' })
    }
    return plain
  }

  #field(attribute: Attribute, node: Node): GoValue | undefined {
    const { decoder } = this.#source
    switch (attribute.kind) {
      case 'string':
        return decoder.string(node)
      case 'int':
        return decoder.int(node)
      case 'bool':
        return decoder.bool(node)
      case 'strings':
        return decoder.strings(node)
      case 'meta':
        return this.#map(node, 'resource.meta')
      case 'matchers':
        return this.#map(node, 'map[string]interface {}')
      default:
        return decoder.any(node)
    }
  }

  #map(node: Node, goType: string): GoValue | undefined {
    if (isNull(node)) return null
    if (targetOf(node).kind === 'map') return this.#source.decoder.any(node)
    this.#source.decoder.wrongType(node, goType)
    return undefined
  }

  #include(id: string, fields: ReadonlyMap<string, GoValue>, node: Node): void {
    const file = fields.get('file')
    this.#includes.set(id, {
      key: id,
      file: typeof file === 'string' ? file : id,
      ...commonOf(fields),
      place: this.#placeOf(node),
    })
  }

  #keep(type: ResourceType, key: string, fields: Map<string, GoValue>, node: Node, places: ReadonlyMap<string, Place>): void {
    const common = commonOf(fields)
    for (const name of ['title', 'meta', 'skip', '-']) fields.delete(name)
    const resource: Resource = { type, key, attributes: fields, ...common, place: this.#placeOf(node) }
    rememberPlaces(resource, places)
    this.#refuseEmptyService(resource)
    this.#resources.set(`${type}\0${key}`, resource)
  }

  #refuseEmptyService({ type, key, attributes, place }: Resource): void {
    if (this.#dialect === 'goss' || type !== 'service') return
    if (['enabled', 'running', 'runlevels'].some((name) => attributes.has(name))) return
    throw new GossfileError(`service ${key} asserts nothing: give it enabled, running or runlevels`, place)
  }

  #unknownSection(name: string, key: Node): void {
    const place = this.#placeOf(key)
    if (name.startsWith('x-')) return
    if (this.#dialect === 'goss') {
      this.#notes.push({ code: 'unknown-key', message: `goss ignores the top-level key ${name}`, place, fix: 'take it away' })
      return
    }
    const hint = 'goss would ignore it; keys for anchors begin with x-'
    throw new GossfileError(`unknown top-level key ${name}: no resource type is called so (${hint})`, place)
  }

  #secondDocument(row: number): void {
    const place = { file: this.#file, row, column: 1 }
    const message = 'only the first YAML document is read: what follows is not checked'
    if (this.#dialect === 'runproof') throw new GossfileError(message, place)
    this.#notes.push({ code: 'second-document', message, place, fix: 'put it into a file of its own' })
  }

  #placeOf({ row, column }: Node): Place {
    return { file: this.#file, row, column }
  }
}

function commonOf(fields: GoMap): Pick<Resource, 'title' | 'meta' | 'skip'> {
  const title = fields.get('title')
  const meta = fields.get('meta') ?? null
  return { title: typeof title === 'string' ? title : '', meta: isGoMap(meta) ? meta : null, skip: fields.get('skip') === true }
}

/** Values that Go cannot tell from an absent attribute. `[]` and `""` of a matcher are not among them. */
function isEmpty(value: GoValue, { kind }: Attribute): boolean {
  if (value === null) return true
  if (kind === 'matcher' || kind === 'any' || kind === 'duration') return false
  return value === '' || value === 0n || value === false || (Array.isArray(value) && value.length === 0)
}
