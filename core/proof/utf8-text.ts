import { fromUtf8, utf8 } from './bytes.ts'

/** Bytes that are decoded at once: engines keep larger strings in memory of their own, which costs several times as much. */
const CHUNK = 65_536

/** UTF-8 that is compared with the texts that it should hold, one after the other: no more than a chunk of it is ever there as text. */
export class Utf8Text {
  readonly #bytes: Uint8Array
  /** Where the chunk begins and ends. */
  #start = 0
  #end = 0
  #chunk = ''
  /** How much of the chunk was taken, in UTF-16 units. */
  #taken = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Takes the text when it comes next. @throws RunproofError `format.malformed` for bytes that are not UTF-8 */
  takes(text: string): boolean {
    if (this.#taken + text.length > this.#chunk.length) this.#decode(text.length)
    const end = this.#taken + text.length
    if (this.#chunk.slice(this.#taken, end) !== text) return false
    this.#taken = end
    return true
  }

  /** How many bytes were taken. */
  at(): number {
    const isAscii = this.#chunk.length === this.#end - this.#start
    this.#start += isAscii ? this.#taken : utf8(this.#chunk.slice(0, this.#taken)).length
    this.#chunk = this.#chunk.slice(this.#taken)
    this.#taken = 0
    return this.#start
  }

  #decode(units: number): void {
    const start = this.at()
    // A UTF-16 unit has three bytes at most, and no character is cut.
    let end = Math.min(this.#bytes.length, start + Math.max(CHUNK, 3 * units))
    while (end > start && isInside(this.#bytes[end])) end--
    this.#chunk = fromUtf8(this.#bytes.subarray(start, end))
    this.#end = end
  }
}

/** The byte is not the first of its character. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
