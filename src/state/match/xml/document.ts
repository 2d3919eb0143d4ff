/** A node of a document. `at`: its place in document order. Names as they are written, with their prefix. */
export type Node = DocumentNode | ElementNode | AttributeNode | TextNode
export type DocumentNode = { readonly kind: 'document'; readonly at: number; readonly children: Child[] }
export type ElementNode = {
  readonly kind: 'element'
  readonly at: number
  readonly name: string
  readonly parent: DocumentNode | ElementNode
  readonly attributes: readonly AttributeNode[]
  readonly children: Child[]
}
export type AttributeNode = {
  readonly kind: 'attribute'
  readonly at: number
  readonly name: string
  readonly value: string
  readonly parent: ElementNode
}
export type TextNode = { readonly kind: 'text'; readonly at: number; readonly value: string; readonly parent: ElementNode }
type Child = ElementNode | TextNode

/** Text that is no XML that we read. */
export class XmlProblem extends Error {
  override readonly name = 'XmlProblem'
}

/** What one document may hold. */
export const xmlLimits = { depth: 256, nodes: 200_000, characters: 16_777_216 } as const

const token =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<\/([^\s<>/]+)\s*>|<([^\s<>/!?]+)((?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y
const attribute = /([^\s=<>"'/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g
const nameForm = /^[A-Za-z_\u0080-\uffff][\w.\-:\u00b7\u0080-\uffff]*$/

/**
 * Reads a whole document. No document type and no entities but the five that XML has and numbers: others can grow or name files. Comments
 * and processing instructions are passed over.
 * @throws XmlProblem
 */
export function parseXml(text: string): DocumentNode {
  if (text.length > xmlLimits.characters) throw new XmlProblem('the text is too long')
  return new Parser(text.replace(/^\ufeff/, '')).parse()
}

class Parser {
  readonly #text: string
  readonly #root: DocumentNode = { kind: 'document', at: 0, children: [] }
  readonly #open: (DocumentNode | ElementNode)[] = [this.#root]
  #nodes = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): DocumentNode {
    token.lastIndex = 0
    while (token.lastIndex < this.#text.length) {
      const from = token.lastIndex
      const match = token.exec(this.#text)
      if (match === null) throw this.#unreadable(from)
      this.#take(match)
      token.lastIndex = from + match[0].length
    }
    if (this.#open.length > 1) throw new XmlProblem('an element is not closed')
    if (this.#root.children.length !== 1) throw new XmlProblem('there is not one element that holds all others')
    return this.#root
  }

  #unreadable(at: number): XmlProblem {
    const isType = /^<!DOCTYPE/i.test(this.#text.slice(at, at + 9))
    return new XmlProblem(isType ? 'document types are refused' : `it cannot be read at character ${at + 1}`)
  }

  #take([, cdata, close, open, attributes = '', empty, text]: RegExpExecArray): void {
    if (open !== undefined) this.#enter(open, attributes, empty === '/')
    else if (close !== undefined) this.#leave(close)
    else if (cdata !== undefined) this.#write(cdata)
    else if (text !== undefined) this.#write(unescape(text))
  }

  get #parent(): DocumentNode | ElementNode {
    return this.#open.at(-1) ?? this.#root
  }

  #count(): number {
    this.#nodes += 1
    if (this.#nodes > xmlLimits.nodes) throw new XmlProblem('it has too many nodes')
    return this.#nodes
  }

  #enter(name: string, written: string, isEmpty: boolean): void {
    if (!nameForm.test(name)) throw new XmlProblem(`${JSON.stringify(name)} is no name`)
    if (this.#open.length > xmlLimits.depth) throw new XmlProblem('its elements nest too deeply')
    if (this.#parent.kind === 'document' && this.#root.children.length > 0)
      throw new XmlProblem('there is more than one element at the top')
    const attributes: AttributeNode[] = []
    const element: ElementNode = { kind: 'element', at: this.#count(), name, parent: this.#parent, attributes, children: [] }
    for (const [, key = '', double, single] of written.matchAll(attribute)) {
      if (attributes.some(({ name: known }) => known === key)) throw new XmlProblem(`the attribute ${key} stands twice`)
      attributes.push({
        kind: 'attribute',
        at: this.#count(),
        name: key,
        value: unescape(double ?? single ?? ''),
        parent: element,
      })
    }
    this.#parent.children.push(element)
    if (!isEmpty) this.#open.push(element)
  }

  #leave(name: string): void {
    const open = this.#open.pop()
    if (open?.kind !== 'element' || open.name !== name) throw new XmlProblem(`</${name}> closes nothing`)
  }

  #write(value: string): void {
    const parent = this.#parent
    if (parent.kind === 'element') parent.children.push({ kind: 'text', at: this.#count(), value, parent })
    else if (value.trim() !== '') throw new XmlProblem('there is text outside of all elements')
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&\s]{0,32};?)/g, (_, body: string) => {
    const known = body.endsWith(';') ? entityOf(body.slice(0, -1)) : undefined
    if (known === undefined) throw new XmlProblem(`the entity &${body} is refused`)
    return known
  })
}

function entityOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? []
  const code = hex !== undefined ? parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : null
  if (code === null) return Object.hasOwn(entities, name) ? entities[name] : undefined
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && (code >= 0x20 || [9, 10, 13].includes(code))
  return isCharacter ? String.fromCodePoint(code) : undefined
}

/** All text below a node. */
export function stringValue(node: Node): string {
  if (node.kind === 'attribute' || node.kind === 'text') return node.value
  return node.children.map(stringValue).join('')
}

/** The node as XML; an attribute as an element of its name, as goss writes it. */
export function serialize(node: Node): string {
  switch (node.kind) {
    case 'document':
      return node.children.map(serialize).join('')
    case 'text':
      return escape(node.value)
    case 'attribute':
      return `<${node.name}>${escape(node.value)}</${node.name}>`
    case 'element': {
      const attributes = node.attributes.map(({ name, value }) => ` ${name}="${escape(value).replaceAll('"', '&#34;')}"`)
      return `<${node.name}${attributes.join('')}>${node.children.map(serialize).join('')}</${node.name}>`
    }
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
