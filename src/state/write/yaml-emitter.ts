import { isGoList, isGoMap, isGoTime, type GoValue } from '../model/value.ts'
import { formatFloat } from '../template/float.ts'
import { rfc3339 } from '../template/time.ts'
import { compareKeys } from './key-order.ts'
import { isStruct, type Written } from './struct.ts'
import { doubleQuoted, isMultiline, styleOf } from './yaml-scalar.ts'

const step = 4
/** Longer keys are written with `?`. In bytes. */
const longestKey = 128

/** A value as go-yaml v3 writes it: four spaces, keys sorted, no line folded. */
export function emitYaml(value: Written): string {
  const emitter = new Emitter()
  emitter.root(value)
  return emitter.text()
}

/** What holds a node: a list's items are indented by the width of `- `, everything else goes to the next multiple of four. */
type Holder = 'list' | 'map' | 'root'

class Emitter {
  readonly #out: string[] = []
  #column = 0
  #indent = -1
  /** The last thing written was white space; only indentation is on this line so far. */
  #isBlank = true
  #isIndenting = true

  root(value: Written): void {
    this.#node(value, 'root', false)
    this.#newLine()
  }

  text(): string {
    return this.#out.join('')
  }

  #node(value: Written, holder: Holder, isKey: boolean): void {
    const members = membersOf(value)
    if (members !== null) {
      if (members.length === 0) this.#indicator('{}', true)
      else this.#map(members, holder)
    } else if (isGoList(value as GoValue)) {
      const items = value as readonly GoValue[]
      if (items.length === 0) this.#indicator('[]', true)
      else this.#list(items, holder)
    } else if (typeof value === 'string') this.#string(value, holder, isKey)
    else this.#indicator(plainText(value as GoValue), true)
  }

  #map(members: readonly (readonly [Written, Written])[], holder: Holder): void {
    const outer = this.#deeper(holder)
    for (const [key, value] of members) {
      this.#newLine()
      if (isSimpleKey(key)) {
        this.#node(key, 'map', true)
        this.#indicator(':', false)
      } else {
        this.#indicator('?', true, true)
        this.#node(key, 'map', false)
        this.#newLine()
        this.#indicator(':', true, true)
      }
      this.#node(value, 'map', false)
    }
    this.#indent = outer
  }

  #list(items: readonly GoValue[], holder: Holder): void {
    const outer = this.#deeper(holder)
    for (const item of items) {
      this.#newLine()
      this.#indicator('-', true, true)
      this.#node(item, 'list', false)
    }
    this.#indent = outer
  }

  #string(text: string, holder: Holder, isKey: boolean): void {
    const style = styleOf(text, isKey)
    if (style === 'plain') this.#indicator(text, true)
    else if (style === 'single') this.#indicator(`'${text.replaceAll("'", "''")}'`, true)
    else if (style === 'double') this.#indicator(doubleQuoted(text), true)
    else this.#literal(text, holder)
  }

  #literal(text: string, holder: Holder): void {
    const outer = this.#indent
    this.#deeperScalar(holder)
    this.#indicator(`|${/^[ \n]/.test(text) ? step : ''}${chomping(text)}`, true)
    this.#isBlank = true
    let isAtBreak = true
    for (const piece of text.split(/(\n)/)) {
      if (piece === '') continue
      if (piece === '\n') {
        // As go-yaml does it: a break at the beginning only ends the line of the header, and is lost.
        this.#break()
        isAtBreak = true
      } else {
        if (isAtBreak) this.#newLine()
        this.#put(piece)
        this.#isIndenting = false
        isAtBreak = false
      }
    }
    this.#indent = outer
  }

  #deeper(holder: Holder): number {
    const outer = this.#indent
    if (outer < 0) this.#indent = 0
    else this.#indent = holder === 'list' ? outer + 2 : step * Math.floor((outer + step) / step)
    return outer
  }

  #deeperScalar(holder: Holder): void {
    if (this.#indent < 0) this.#indent = step
    else this.#deeper(holder)
  }

  #newLine(): void {
    const indent = Math.max(this.#indent, 0)
    const isTaken = this.#column > indent || (this.#column === indent && !this.#isBlank)
    if (!this.#isIndenting || isTaken) this.#break()
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column))
    this.#isBlank = true
  }

  #indicator(text: string, needsSpace: boolean, indents = false): void {
    if (needsSpace && !this.#isBlank) this.#put(' ')
    this.#put(text)
    this.#isBlank = false
    this.#isIndenting = this.#isIndenting && indents
  }

  #break(): void {
    this.#out.push('\n')
    this.#column = 0
    this.#isIndenting = true
  }

  #put(text: string): void {
    this.#out.push(text)
    this.#column += Array.from(text).length
  }
}

function membersOf(value: Written): readonly (readonly [Written, Written])[] | null {
  if (isStruct(value)) return value.members
  if (value === null || typeof value !== 'object' || !isGoMap(value)) return null
  return [...value].toSorted(([a], [b]) => compareKeys(a, b))
}

function isSimpleKey(key: Written): boolean {
  if (typeof key !== 'string') return true
  return !isMultiline(key) && Buffer.byteLength(key) <= longestKey
}

function plainText(value: GoValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') {
    const text = formatFloat(value, 'g', -1)
    return text === '+Inf' ? '.inf' : text === '-Inf' ? '-.inf' : text === 'NaN' ? '.nan' : text
  }
  if (typeof value !== 'object') return String(value)
  if (!isGoList(value) && isGoTime(value)) return rfc3339(value)
  throw new TypeError('a list or map is no plain text')
}

function chomping(text: string): string {
  if (!text.endsWith('\n')) return '-'
  return text === '\n' || text.endsWith('\n\n') ? '+' : ''
}
