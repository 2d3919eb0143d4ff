import type { JsonObject } from '../connector.ts'
import { lookAtTexts } from './text-ending.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN = 0x7b
const CLOSE = 0x7d

/** What stands between two stretches of a skeleton; `end` is behind the last bracket. */
export type SlotKind = 'text' | 'number' | 'word' | 'end'

/** A stretch that is the same in all lines of a form, by its place in the line that it was learned from, and what follows it. */
export type Part = { readonly from: number; readonly to: number; readonly kind: SlotKind }

/** The form of one line. */
export type Form = {
  readonly parts: readonly Part[]
  readonly event: JsonObject
  /** The slots of numbers. */
  readonly numbers: readonly number[]
  /** Those of them whose integers must survive to the last digit. */
  readonly exact: ReadonlySet<number>
}

/** The line that is read at the moment. */
export type Slots = {
  /** What stands in a slot. */
  readonly value: (slot: number, kind: SlotKind, isExact: boolean) => unknown
  /** Whether the text in a slot ends so; `ending` is ASCII without quotes and backslashes. */
  readonly endsWith: (slot: number, ending: string) => boolean
}

/** A real event has fewer than 150 values; what has more is read the careful way. */
export const MOST_SLOTS = 256

const word = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The form of one object in bytes that were read strictly before. Its event looks like the value of those bytes, but every scalar is read
 * when it is asked for. Null for a form that is not worth remembering or whose keys are not plain ASCII.
 */
export function formOf(raw: Uint8Array, exactKeys: ReadonlySet<string>, slots: Slots): Form | null {
  try {
    return new Learner(raw, exactKeys, slots).form()
  } catch (error) {
    if (error instanceof Unlearnable) return null
    throw error
  }
}

class Unlearnable extends Error {}

/** A value of the line: one to be read from a slot, or an object or list that holds such. */
type Value = { readonly slot: () => unknown; readonly textSlot?: number } | { readonly fixed: unknown }

class Learner {
  private readonly raw: Uint8Array
  private readonly exactKeys: ReadonlySet<string>
  private readonly line: Slots
  private at = 0
  /** Where the stretch begins that is not part of the form yet. */
  private from = 0
  private slots = 0
  private readonly parts: Part[] = []
  private readonly numbers: number[] = []
  private readonly exact = new Set<number>()

  constructor(raw: Uint8Array, exactKeys: ReadonlySet<string>, line: Slots) {
    this.raw = raw
    this.exactKeys = exactKeys
    this.line = line
  }

  form(): Form {
    const event = this.object()
    this.parts.push({ from: this.from, to: this.at, kind: 'end' })
    return { parts: this.parts, event, numbers: this.numbers, exact: this.exact }
  }

  private value(key: string | null): Value {
    const byte = this.raw[this.at]
    if (byte === OPEN) return { fixed: this.object() }
    if (byte === OPEN_LIST) return this.list()
    if (byte === QUOTE) return this.text()
    const isWord = byte === 0x74 || byte === 0x66 || byte === 0x6e
    const slot = this.slot(isWord ? 'word' : 'number')
    while (!endsScalar(this.raw[this.at])) this.at++
    this.from = this.at
    const { line } = this
    if (isWord) return { slot: () => line.value(slot, 'word', false) }
    const isExact = key !== null && this.exactKeys.has(key)
    this.numbers.push(slot)
    if (isExact) this.exact.add(slot)
    return { slot: () => line.value(slot, 'number', isExact) }
  }

  private text(): Value {
    this.at++
    const slot = this.slot('text')
    this.at = this.closingQuote()
    this.from = this.at
    this.at++
    const { line } = this
    return { slot: () => line.value(slot, 'text', false), textSlot: slot }
  }

  private slot(kind: SlotKind): number {
    if (this.slots === MOST_SLOTS) throw new Unlearnable()
    this.parts.push({ from: this.from, to: this.at, kind })
    return this.slots++
  }

  private object(): JsonObject {
    const members: Record<string, unknown> = {}
    const texts = new Map<string, number>()
    this.at++
    for (this.skipBlanks(); this.raw[this.at] !== CLOSE; this.skipBlanks()) {
      if (this.raw[this.at] === COMMA) {
        this.at++
        continue
      }
      const key = this.key()
      const value = this.value(key)
      if ('slot' in value && value.textSlot !== undefined) texts.set(key, value.textSlot)
      // defineProperty makes an own property even of `__proto__`, as JSON.parse does.
      Object.defineProperty(members, key, { ...memberOf(value), enumerable: true, configurable: true })
    }
    this.at++
    const { line } = this
    const slots = [...texts.values()]
    lookAtTexts(members, (ending, key) => {
      if (key === null) return slots.some((slot) => line.endsWith(slot, ending))
      const slot = texts.get(key)
      return slot !== undefined && line.endsWith(slot, ending)
    })
    return members as JsonObject
  }

  private key(): string {
    const start = this.at + 1
    this.at = start
    const end = this.closingQuote()
    const bytes = this.raw.subarray(start, end)
    if (bytes.some((byte) => byte > 0x7e || byte === BACKSLASH)) throw new Unlearnable()
    this.at = end + 1
    this.skipBlanks()
    this.at++
    this.skipBlanks()
    return word.decode(bytes)
  }

  /** Objects and lists in it stay the same; scalars are read each time. */
  private list(): Value {
    const items: Value[] = []
    this.at++
    for (this.skipBlanks(); this.raw[this.at] !== CLOSE_LIST; this.skipBlanks()) {
      if (this.raw[this.at] === COMMA) this.at++
      else items.push(this.value(null))
    }
    this.at++
    const read = (): unknown => items.map((item) => ('slot' in item ? item.slot() : item.fixed))
    return items.some((item) => 'slot' in item || Array.isArray(item.fixed)) ? { slot: read } : { fixed: read() }
  }

  /** Index of the quote that ends the string which `at` is in. */
  private closingQuote(): number {
    let at = this.at
    while (this.raw[at] !== QUOTE) at += this.raw[at] === BACKSLASH ? 2 : 1
    return at
  }

  private skipBlanks(): void {
    while (isBlank(this.raw[this.at])) this.at++
  }
}

function memberOf(value: Value): PropertyDescriptor {
  return 'slot' in value ? { get: value.slot } : { value: value.fixed, writable: true }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || byte === undefined || isBlank(byte)
}
