import { appended } from '../describe.ts'
import type { GoValue } from '../../model/value.ts'

/** A value of a JSON text. `raw`: as it stands there. Members keep their order and their duplicates. */
export type Json =
  | { readonly kind: 'object'; readonly raw: string; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly raw: string; readonly items: readonly Json[] }
  | { readonly kind: 'string'; readonly raw: string; readonly text: string }
  | { readonly kind: 'number'; readonly raw: string; readonly value: number }
  | { readonly kind: 'true' | 'false' | 'null'; readonly raw: string }

export type Member = { readonly key: string; readonly rawKey: string; readonly value: Json }

/** Deeper text is refused, so that no text can exhaust the stack. */
export const deepest = 1000

/** The value of a JSON text; null: it is none, or nested too deeply. */
export function parseJson(text: string): Json | null {
  const reader = new Reader(text)
  const value = reader.value(0)
  return value !== null && reader.isAtEnd() ? value : null
}

/** As goss hands it to matchers: numbers are floats, of equal keys the first counts. */
export function goValueOf(json: Json): GoValue {
  switch (json.kind) {
    case 'object': {
      const map = new Map<string, GoValue>()
      for (const { key, value } of json.members) if (!map.has(key)) map.set(key, goValueOf(value))
      return map
    }
    case 'array':
      return appended(json.items.map(goValueOf))
    case 'string':
      return json.text
    case 'number':
      return json.value
    case 'true':
      return true
    case 'false':
      return false
    case 'null':
      return null
  }
}

const stringForm = /"(?:[ !#-[\]-\u{10ffff}]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literalForm = /true|false|null/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  isAtEnd(): boolean {
    this.#blanks()
    return this.#at === this.#text.length
  }

  value(depth: number): Json | null {
    this.#blanks()
    const start = this.#at
    const first = this.#text[start]
    if (depth > deepest) return null
    if (first === '{') return this.#object(start, depth)
    if (first === '[') return this.#array(start, depth)
    if (first === '"') return this.#string()
    return this.#number() ?? this.#literal()
  }

  #object(start: number, depth: number): Json | null {
    const members: Member[] = []
    this.#at += 1
    if (this.#takes('}')) return { kind: 'object', raw: this.#text.slice(start, this.#at), members }
    do {
      this.#blanks()
      const key = this.#string()
      if (key === null || !this.#takes(':')) return null
      const value = this.value(depth + 1)
      if (value === null) return null
      members.push({ key: key.text, rawKey: key.raw, value })
    } while (this.#takes(','))
    return this.#takes('}') ? { kind: 'object', raw: this.#text.slice(start, this.#at), members } : null
  }

  #array(start: number, depth: number): Json | null {
    const items: Json[] = []
    this.#at += 1
    if (this.#takes(']')) return { kind: 'array', raw: this.#text.slice(start, this.#at), items }
    do {
      const item = this.value(depth + 1)
      if (item === null) return null
      items.push(item)
    } while (this.#takes(','))
    return this.#takes(']') ? { kind: 'array', raw: this.#text.slice(start, this.#at), items } : null
  }

  #string(): (Json & { readonly kind: 'string' }) | null {
    const raw = this.#match(stringForm)
    return raw === null ? null : { kind: 'string', raw, text: textOf(raw) }
  }

  #number(): Json | null {
    const raw = this.#match(numberForm)
    return raw === null ? null : { kind: 'number', raw, value: Number(raw) }
  }

  #literal(): Json | null {
    const raw = this.#match(literalForm) as 'true' | 'false' | 'null' | null
    return raw === null ? null : { kind: raw, raw }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    this.#at += found?.length ?? 0
    return found
  }

  #takes(character: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #blanks(): void {
    for (let code = this.#text.charCodeAt(this.#at); isBlank(code); code = this.#text.charCodeAt(this.#at)) this.#at += 1
  }
}

function textOf(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(raw) as string).toWellFormed() : raw.slice(1, -1)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
