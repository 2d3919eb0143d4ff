/** What one walk over a parsed value finds out. */
export type Survey = {
  /** It nests deeper than the limit; nothing else is known then. */
  readonly tooDeep: boolean
  /** How many keys it has at all levels. */
  readonly keys: number
  /** Length of the value as JSON without blanks and escapes, its numbers in plain digits. */
  readonly length: number
  /** How much shorter a text of the value could be than that: 1000 is also 1e3. */
  readonly slack: number
  /** Where one of the exact keys holds an integer that a double may have rounded, in the order of the walk. */
  readonly rounded: readonly Rounded[]
}

export type Rounded = { readonly holder: Record<string, unknown>; readonly key: string }

/** Walks a value that JSON.parse made, once. `exactKeys` are those whose integers must survive to the last digit. */
export function survey(value: object, depth: number, exactKeys: ReadonlySet<string>): Survey {
  const walk = new Walk(exactKeys)
  const length = walk.object(value, depth)
  return { tooDeep: walk.tooDeep, keys: walk.keys, length, slack: walk.slack, rounded: walk.rounded }
}

/** A member that was written twice takes five bytes at least (`"":0,`), and so does half a surrogate pair, which only an escape can write. */
const LEAST_LOSS = 5

/**
 * Whether a text of that many units holds nothing that the value lost: it is as long as the value's plain form, and what other forms of
 * its numbers could save would not make room for a second member of one name or for a lone surrogate.
 */
export function isPlain({ length, slack }: Survey, sourceLength: number): boolean {
  return length === sourceLength && slack < LEAST_LOSS
}

const none: readonly Rounded[] = []

class Walk {
  tooDeep = false
  keys = 0
  slack = 0
  rounded = none
  private readonly exactKeys: ReadonlySet<string>

  constructor(exactKeys: ReadonlySet<string>) {
    this.exactKeys = exactKeys
  }

  /** Length of an object or a list. */
  object(value: object, depth: number): number {
    if (depth === 0) {
      this.tooDeep = true
      return 0
    }
    if (Array.isArray(value)) {
      // Brackets and the commas between.
      let length = value.length === 0 ? 2 : value.length + 1
      for (const item of value as readonly unknown[]) length += this.member(item, depth)
      return length
    }
    let length = 1
    const members = value as Record<string, unknown>
    // Parsed JSON has no inherited enumerable keys, so for-in is the fast and complete walk.
    for (const key in members) {
      const member = members[key]
      this.keys++
      // Two quotes, the colon, and the comma or brace behind.
      length += key.length + 4 + this.member(member, depth)
      if (typeof member === 'number' && !Number.isSafeInteger(member) && this.exactKeys.has(key))
        this.rounded = [...this.rounded, { holder: members, key }]
    }
    return length === 1 ? 2 : length
  }

  private member(value: unknown, depth: number): number {
    if (typeof value === 'string') return value.length + 2
    if (typeof value === 'number') {
      if (value >= 0 && value < 1000 && Number.isInteger(value)) return value < 10 ? 1 : value < 100 ? 2 : 3
      return this.number(value)
    }
    if (typeof value === 'object' && value !== null) return this.object(value, depth - 1)
    return value === false ? 5 : 4
  }

  private number(value: number): number {
    if (hasNoShorterForm(value)) return digitsOf(value)
    const text = String(value)
    if (!Number.isInteger(value) || text.includes('e')) this.slack += savedByExponent(text)
    // n zeros at the end become `e` and a number of one digit or two.
    else if (text.endsWith('000')) this.slack += text.length - text.replace(/0+$/, '').length - 2
    return text.length
  }
}

/**
 * Whether no other text of a positive integer is shorter than its digits, told without printing it. Below 2^61 a double stands for what
 * lies within 128 of it: where no multiple of 1000 does, the last three digits cannot be saved.
 */
function hasNoShorterForm(value: number): boolean {
  if (value < 1000 || value >= 2 ** 61) return false
  const rest = value % 1000
  return value < Number.MAX_SAFE_INTEGER ? Number.isInteger(value) && rest !== 0 : rest > 128 && rest < 872
}

/** How many digits a positive integer has. */
function digitsOf(value: number): number {
  let digits = 4
  for (let power = 10_000; value >= power; power *= 10) digits++
  return digits
}

/** What another form could save: nothing for 12.5; fractions below a hundredth and what is printed with an exponent are not worth a thought. */
function savedByExponent(text: string): number {
  return text.includes('e') || /^-?0\.00/.test(text) ? LEAST_LOSS : 0
}
