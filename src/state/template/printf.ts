import { goTypeOf, type GoValue } from '../model/value.ts'
import { CallError } from './fault.ts'
import { limits } from './limits.ts'
import { formatValue, noFlags, printV, type Flags } from './print.ts'

const largest = 1_000_000

/** `fmt.Sprintf` with Go's answers to mistakes: `%!d(MISSING)`, `%!(EXTRA int=1)`, `%!(NOVERB)`, `%!(BADINDEX)`. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  const printer = new Printer(format, values)
  return printer.print()
}

class Printer {
  readonly #format: string
  readonly #values: readonly GoValue[]
  #at = 0
  #argument = 0
  #isReordered = false
  #isGoodIndex = true
  #isAfterIndex = false
  #out = ''

  constructor(format: string, values: readonly GoValue[]) {
    this.#format = format
    this.#values = values
  }

  print(): string {
    const format = this.#format
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at)
      this.#out += format.slice(this.#at, percent === -1 ? undefined : percent)
      if (percent === -1) break
      this.#at = percent + 1
      if (!this.#directive()) break
    }
    if (!this.#isReordered && this.#argument < this.#values.length) this.#out += extra(this.#values.slice(this.#argument))
    return this.#out
  }

  /** False: the format ended within a directive. */
  #directive(): boolean {
    this.#isGoodIndex = true
    this.#isAfterIndex = false
    const flags = this.#flags()
    this.#index()
    this.#width(flags)
    this.#precision(flags)
    if (!this.#isAfterIndex) this.#index()
    const verb = this.#format.codePointAt(this.#at)
    if (verb === undefined) {
      this.#out += '%!(NOVERB)'
      return false
    }
    const character = String.fromCodePoint(verb)
    this.#at += character.length
    this.#verb(character, flags)
    return true
  }

  #flags(): Flags {
    const flags: Flags = { ...noFlags }
    for (; this.#at < this.#format.length; this.#at += 1) {
      const character = this.#format[this.#at]
      if (character === '#') flags.sharp = true
      else if (character === '0') flags.zero = true
      else if (character === '+') flags.plus = true
      else if (character === '-') flags.minus = true
      else if (character === ' ') flags.space = true
      else break
    }
    return flags
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] === '*') {
      this.#at += 1
      const width = this.#fromArgument()
      if (width === null) this.#out += '%!(BADWIDTH)'
      else flags.width = Math.abs(width)
      if (width !== null && width < 0) Object.assign(flags, { minus: true, zero: false })
      this.#isAfterIndex = false
      return
    }
    flags.width = this.#number()
    if (this.#isAfterIndex && flags.width !== null) this.#isGoodIndex = false
  }

  #precision(flags: Flags): void {
    if (this.#at + 1 >= this.#format.length || this.#format[this.#at] !== '.') return
    this.#at += 1
    if (this.#isAfterIndex) this.#isGoodIndex = false
    this.#index()
    if (this.#format[this.#at] === '*') {
      this.#at += 1
      const precision = this.#fromArgument()
      if (precision === null || precision < 0) this.#out += '%!(BADPREC)'
      else flags.precision = precision
      this.#isAfterIndex = false
      return
    }
    flags.precision = this.#number() ?? 0
  }

  #number(): number | null {
    const match = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 20))
    if (match === null) return null
    const value = Number(match[0])
    if (value > largest) {
      this.#at = this.#format.length
      return null
    }
    this.#at += match[0].length
    return value
  }

  #fromArgument(): number | null {
    if (this.#argument >= this.#values.length) return null
    const value = this.#values[this.#argument]
    this.#argument += 1
    return typeof value === 'bigint' && value <= largest && value >= -largest ? Number(value) : null
  }

  /** `[2]`: which value is next. */
  #index(): void {
    this.#isAfterIndex = false
    if (this.#format[this.#at] !== '[') return
    this.#isReordered = true
    const rest = this.#format.slice(this.#at)
    const close = rest.indexOf(']')
    const number = /^\[(\d{1,7})\]/.exec(rest)
    const index = number === null ? -1 : Number(number[1]) - 1
    this.#at += rest.length < 3 || close === -1 ? 1 : close + 1
    if (index >= 0 && index < this.#values.length) {
      this.#argument = index
      this.#isAfterIndex = true
      return
    }
    this.#isGoodIndex = false
    this.#isAfterIndex = number !== null
  }

  #verb(verb: string, flags: Flags): void {
    if (verb === '%') this.#out += '%'
    else if (!this.#isGoodIndex) this.#out += `%!${verb}(BADINDEX)`
    else if (this.#argument >= this.#values.length) this.#out += `%!${verb}(MISSING)`
    else {
      if (verb === 'v') {
        Object.assign(flags, { sharpV: flags.sharp, sharp: false, plusV: flags.plus, plus: false })
      }
      this.#out += formatValue(this.#values[this.#argument] ?? null, verb, flags)
      this.#argument += 1
      if (this.#out.length > limits.outputCharacters) throw new CallError('the result is too long')
    }
  }
}

function extra(values: readonly GoValue[]): string {
  const texts = values.map((value) => (value === null ? '<nil>' : `${goTypeOf(value)}=${printV(value)}`))
  return `%!(EXTRA ${texts.join(', ')})`
}
