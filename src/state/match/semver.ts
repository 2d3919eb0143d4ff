/** A version of Semantic Versioning 2.0.0; identifiers that are numbers compare as such. */
export type Version = { readonly numbers: readonly [bigint, bigint, bigint]; readonly pre: readonly (bigint | string)[] }

/** Whether a version lies in a range. */
export type Range = (version: Version) => boolean

type Comparison = (order: number) => boolean

const largest = 0xffffffffffffffffn
const comparisons: Readonly<Record<string, Comparison>> = {
  '': (order) => order === 0,
  '=': (order) => order === 0,
  '==': (order) => order === 0,
  '!': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
}

/**
 * The range as goss reads it: comparisons side by side must all hold, `||` parts them into alternatives, `x` stands for any minor or patch
 * number; no `^`, `~` or brackets. Null: it is none.
 */
export function parseRange(text: string): Range | null {
  // Byte by byte, as Go walks it: what is dropped for its length depends on that.
  const parts = splitParts(Buffer.from(text).toString('latin1'))
  if (parts.length === 0 || parts[0] === '||' || parts.at(-1) === '||') return null
  const alternatives: Range[] = []
  for (const part of alternativesOf(parts)) {
    const range = part.length === 0 ? null : all(part.flatMap(expand).map(comparison))
    if (range === null) return null
    alternatives.push(range)
  }
  return (version) => alternatives.some((range) => range(version))
}

/** A version, strictly: three numbers without leading zeros, `-pre.release`, `+build`. Null: it is none. */
export function parseVersion(text: string): Version | null {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:-([\dA-Za-z.-]*))?(?:\+([\dA-Za-z.-]*))?$/.exec(text)
  if (match === null) return null
  const numbers = match.slice(1, 4).map(number)
  const pre = match[4] === undefined ? [] : match[4].split('.').map(identifier)
  const isBuildRight = match[5] === undefined || match[5].split('.').every((part) => part !== '')
  if (!isBuildRight || [...numbers, ...pre].includes(null)) return null
  return { numbers, pre } as unknown as Version
}

/** Below zero: `a` comes first. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) if (number !== b.numbers[at]) return number > (b.numbers[at] ?? 0n) ? 1 : -1
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let at = 0; at < Math.min(a.pre.length, b.pre.length); at += 1) {
    const order = compareIdentifiers(a.pre[at] ?? '', b.pre[at] ?? '')
    if (order !== 0) return order
  }
  return Math.sign(a.pre.length - b.pre.length)
}

function number(digits: string): bigint | null {
  const value = digits.length > 1 && digits.startsWith('0') ? null : BigInt(digits)
  return value !== null && value <= largest ? value : null
}

function identifier(text: string): bigint | string | null {
  if (/^\d+$/.test(text)) return number(text)
  return text === '' ? null : text
}

function compareIdentifiers(a: bigint | string, b: bigint | string): number {
  if (typeof a !== typeof b) return typeof a === 'bigint' ? -1 : 1
  return a === b ? 0 : a > b ? 1 : -1
}

/** Blanks part, but not behind `>`, `<` and `=`; what is one character long is dropped, as goss's library does. */
function splitParts(text: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  let before = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character !== ' ') before = character
    else if (!'><='.includes(before) || before === '') {
      if (start < at - 1) parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  if (start < text.length - 1) parts.push(text.slice(start))
  return parts.map((part) => part.replaceAll(' ', ''))
}

function alternativesOf(parts: readonly string[]): readonly (readonly string[])[] {
  const alternatives: string[][] = [[]]
  for (const part of parts) {
    if (part === '||') alternatives.push([])
    else alternatives.at(-1)?.push(part)
  }
  return alternatives
}

function all(ranges: readonly (Range | null)[]): Range | null {
  if (ranges.includes(null)) return null
  return (version) => ranges.every((range) => range?.(version))
}

function comparison(part: string): Range | null {
  const [operator, text] = splitOperator(part)
  const holds = operator === null ? undefined : comparisons[operator]
  const bound = parseVersion(text)
  return holds === undefined || bound === null ? null : (version) => holds(compareVersions(version, bound))
}

/** Null: there is no digit, so no version. */
function splitOperator(part: string): readonly [string | null, string] {
  const at = part.search(/\p{Nd}/u)
  return at === -1 ? [null, ''] : [part.slice(0, at), part.slice(at)]
}

/** `1.2.x` is all of 1.2: `>=1.2.0` and `<1.3.0`; in the same way with an operator. */
function expand(part: string): readonly string[] {
  const [operator, text] = splitOperator(part)
  if (!part.includes('x') || operator === null) return [part]
  const flat = flatten(text)
  const beyond = next(text, flat)
  switch (operator) {
    case '>':
      return [`>=${beyond}`]
    case '<=':
      return [`<${beyond}`]
    case '':
    case '=':
    case '==':
      return [`>=${flat}`, `<${beyond}`]
    case '!':
    case '!=':
      return [`<${flat}`, `>=${beyond}`]
    case '>=':
    case '<':
      return [operator + flat]
    default:
      return [flat]
  }
}

function flatten(text: string): string {
  const flat = text.replace('.x.x', '.x').replace('.x', '.0')
  return flat.split('.').length === 2 ? `${flat}.0` : flat
}

/** The first version beyond the wildcard; empty where there is none. */
function next(text: string, flat: string): string {
  const parts = text.split('.')
  const isWild = parts.at(-1) === 'x' && (parts.length === 2 || parts.length === 3)
  const numbers = flat.split('.')
  const raised = parts.length - 2
  const value = numbers[raised] ?? ''
  if (!isWild || !/^[+-]?\d+$/.test(value)) return ''
  return numbers.toSpliced(raised, 1, String(BigInt(value) + 1n)).join('.')
}
