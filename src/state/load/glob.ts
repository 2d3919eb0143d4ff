import { posix } from 'node:path'
import type { Files } from './files.ts'

/**
 * Go's `filepath.Glob`: the paths that a pattern matches, in order; a path without signs of a pattern is looked up as it is.
 *
 * @throws Error `syntax error in pattern`
 */
export function expandGlob(pattern: string, files: Files): readonly string[] {
  if (!isGlob(pattern)) return files.exists(pattern) ? [pattern] : []
  matcherOf(pattern)
  return expand(pattern, files, 0)
}

export function isGlob(pattern: string): boolean {
  return /[*?[\\]/.test(pattern)
}

/** Joins and cleans as Go's `filepath.Join` does; empty parts count for nothing. */
export function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '')
  if (given.length === 0) return ''
  const joined = posix.join(...given)
  return joined.length > 1 ? joined.replace(/\/+$/, '') : joined
}

/** Go's `filepath.Dir`. */
export function folderOf(path: string): string {
  return posix.dirname(path)
}

function expand(pattern: string, files: Files, depth: number): readonly string[] {
  if (!isGlob(pattern)) return files.exists(pattern) ? [pattern] : []
  if (depth > 100) return []
  const slash = pattern.lastIndexOf('/')
  const last = pattern.slice(slash + 1)
  const folder = slash === -1 ? '.' : slash === 0 ? '/' : pattern.slice(0, slash)
  const matches = matcherOf(last)
  const found = expand(folder, files, depth + 1).flatMap((parent) =>
    files
      .names(parent)
      .filter((name) => matches.test(name))
      .map((name) => joinPath(parent, name)),
  )
  return found
}

/** `*`, `?`, `[a-z]`, `[^a]` and `\` of Go's `path.Match`, as a pattern that runs in linear time: it has no nested repetition. */
function matcherOf(pattern: string): { readonly test: (name: string) => boolean } {
  const parts: string[] = []
  let at = 0
  const fault = () => new Error('syntax error in pattern')
  const one = (): string => {
    if (pattern[at] === '\\') at += 1
    const character = pattern[at]
    if (character === undefined) throw fault()
    at += 1
    return character
  }
  while (at < pattern.length) {
    const character = pattern[at] ?? ''
    if (character === '*') {
      if (parts.at(-1) !== '[^/]*') parts.push('[^/]*')
      at += 1
    } else if (character === '?') {
      parts.push('[^/]')
      at += 1
    } else if (character === '[') {
      at += 1
      parts.push(characterClass())
    } else parts.push(escaped(one()))
  }
  return starMatcher(parts)

  function characterClass(): string {
    const negated = pattern[at] === '^'
    if (negated) at += 1
    const ranges: string[] = []
    while (pattern[at] !== ']' || ranges.length === 0) {
      if (at >= pattern.length || pattern[at] === '-' || pattern[at] === ']') throw fault()
      const low = one()
      let high = low
      if (pattern[at] === '-') {
        at += 1
        if (pattern[at] === ']') throw fault()
        high = one()
      }
      if (low <= high) ranges.push(`${escaped(low)}-${escaped(high)}`)
      else ranges.push('')
    }
    at += 1
    const body = ranges.join('')
    if (body === '') return negated ? '[^]' : '[]'
    return `[${negated ? '^' : ''}${body}]`
  }
}

/** Matches piece by piece, each at its first place: with `*` alone as repetition that is exact and cannot run away. */
function starMatcher(parts: readonly string[]): { readonly test: (name: string) => boolean } {
  const pieces: string[] = ['']
  for (const part of parts) {
    if (part === '[^/]*') pieces.push('')
    else pieces[pieces.length - 1] += part
  }
  const [first = '', ...rest] = pieces
  const head = new RegExp(`^${first}`, 'u')
  const last = rest.at(-1) ?? ''
  const tail = new RegExp(`${last}$`, 'u')
  const middle = rest.slice(0, -1).map((piece) => new RegExp(piece, 'u'))
  return {
    test(name) {
      const start = head.exec(name)
      if (start === null) return false
      let left = name.slice(start[0].length)
      if (rest.length === 0) return left === ''
      for (const piece of middle) {
        const found = piece.exec(left)
        if (found === null) return false
        left = left.slice(found.index + found[0].length)
      }
      return tail.test(left)
    },
  }
}

function escaped(character: string): string {
  return /^[\w.]$/.test(character) && character !== '.' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
