import { inClass, type GlobTrie } from './glob-trie.ts'

/**
 * Characters that no glob of a list tells apart are one letter of its alphabet, so that a table over letters stays small. `/` is
 * always a letter of its own.
 */
export type Alphabet = {
  readonly size: number
  /** The letter of a code point below 128. */
  readonly ascii: Uint16Array
  /** The letter of any code point. */
  readonly letterOf: (code: number) => number
  /** A code point of each letter: what holds for it holds for all. */
  readonly sample: Int32Array
}

export function alphabetOf({ edgeCodes, classes }: Pick<GlobTrie, 'edgeCodes' | 'classes'>): Alphabet {
  const literal = new Set<number>(edgeCodes).add(SLASH)
  const cuts = new Set<number>([0])
  for (const code of literal) cuts.add(code).add(code + 1)
  for (const { ranges } of classes) for (const [from, to] of ranges) cuts.add(from).add(to + 1)
  const starts = Int32Array.from(cuts).sort()

  const known = new Map<string, number>()
  const sample: number[] = []
  const letters = Int32Array.from(starts, (start) => {
    // A character that is written somewhere stands alone; others are known by the classes that hold them.
    const alone = literal.has(start) || classes.length > MAX_COMPARED
    const name = alone ? `=${start}` : classes.map((characters) => (inClass(characters, start) ? '1' : '0')).join('')
    const letter = known.get(name) ?? sample.push(start) - 1
    known.set(name, letter)
    return letter
  })

  const letterOf = (code: number): number => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= code) low = middle
      else high = middle
    }
    return letters[low] as number
  }
  return {
    size: sample.length,
    ascii: Uint16Array.from({ length: 128 }, (_, code) => letterOf(code)),
    letterOf,
    sample: Int32Array.from(sample),
  }
}

const SLASH = 0x2f
/** With more, telling which characters are alike costs more than the table gains. */
const MAX_COMPARED = 64
