/** The first step of a path through an object, and what follows. `path`: further steps; `pipe`: what is asked of the result. */
export type ObjectStep = {
  readonly part: string
  readonly isWild: boolean
  readonly path: string | null
  readonly pipe: string | null
}

/** The first step through an array. `each`: the path of `#.path`; `query`: that of `#(…)` or, for `all`, `#(…)#`. */
export type ArrayStep = {
  readonly part: string
  readonly isHash: boolean
  readonly each: string | null
  readonly query: Query | null
  readonly path: string | null
  readonly pipe: string | null
}

export type Query = { readonly path: string; readonly operator: string; readonly value: string; readonly isAll: boolean }

/** What a multipath (`[a,b]`, `{"x":a,b}`) selects; `name`: empty where none was given. */
export type Selector = { readonly name: string; readonly path: string }

export const modifierNames = [
  'pretty',
  'ugly',
  'reverse',
  'this',
  'flatten',
  'join',
  'valid',
  'keys',
  'values',
  'tostr',
  'fromstr',
  'group',
  'dig',
] as const
export type ModifierName = (typeof modifierNames)[number]

/** Reads the step; a backslash takes the next character literally. */
export function parseObjectPath(path: string): ObjectStep {
  let part = ''
  let isWild = false
  for (let at = 0; at < path.length; at += 1) {
    const character = path[at]
    if (character === '|') return { part, isWild, path: null, pipe: path.slice(at + 1) }
    if (character === '.') return { part, isWild, ...behindDot(path.slice(at + 1)) }
    if (character === '\\') {
      at += 1
      part += path[at] ?? ''
      continue
    }
    if (character === '*' || character === '?') isWild = true
    part += character
  }
  return { part, isWild, path: null, pipe: null }
}

/** Behind a dot, a modifier or a multipath is asked of the result, as behind a pipe. */
function behindDot(rest: string): Pick<ObjectStep, 'path' | 'pipe'> {
  return startsPipe(rest) ? { path: null, pipe: rest } : { path: rest, pipe: null }
}

function startsPipe(rest: string): boolean {
  if (!rest.startsWith('@')) return rest.startsWith('[') || rest.startsWith('{')
  return (modifierNames as readonly string[]).includes(rest.slice(1).split(/[.|:]/, 1)[0] ?? '')
}

export function parseArrayPath(path: string): ArrayStep {
  const step = { part: path, isHash: false, each: null as string | null, query: null as Query | null, path: null, pipe: null }
  for (let at = 0; at < path.length; at += 1) {
    const character = path[at]
    if (character === '|') return { ...step, part: path.slice(0, at), pipe: path.slice(at + 1) }
    if (character === '.') {
      const rest = path.slice(at + 1)
      return { ...step, part: path.slice(0, at), ...(step.isHash ? { path: rest } : behindDot(rest)) }
    }
    if (character !== '#') continue
    step.isHash = true
    if (at > 0 || path.length === 1) continue
    if (path[1] === '.') step.each = path.slice(2)
    if (path[1] !== '[' && path[1] !== '(') continue
    const parsed = parseQuery(path)
    step.query = parsed ?? { path: '', operator: '', value: '', isAll: false }
    if (parsed === null) return step
    at = parsed.end - 1
  }
  return step
}

/** `#(path op value)`; null: its bracket is not closed. */
function parseQuery(path: string): (Query & { readonly end: number }) | null {
  let depth = 1
  let operatorAt = 0
  let at = 2
  for (; at < path.length; at += 1) {
    const character = path[at] ?? ''
    if (depth === 1 && operatorAt === 0 && '!=<>%'.includes(character)) operatorAt = at
    else if (character === '\\') at += 1
    else if (character === '[' || character === '(') depth += 1
    else if (character === ']' || character === ')') {
      depth -= 1
      if (depth === 0) break
    } else if (character === '"') at = endOfQuotes(path, at)
  }
  if (depth > 0) return null
  const isAll = path[at + 1] === '#'
  if (operatorAt === 0) return { path: trim(path.slice(2, at)), operator: '', value: '', isAll, end: at + 1 }
  const [, operator = '', value = ''] = /^(==|[!<>]=|!%|[=<>%!])([^]*)$/.exec(trim(path.slice(operatorAt, at))) ?? []
  return {
    path: trim(path.slice(2, operatorAt)),
    operator: operator === '==' ? '=' : operator,
    value: unquoted(trim(value)),
    isAll,
    end: at + 1,
  }
}

/** The place of the closing quote, or the end. */
function endOfQuotes(path: string, from: number): number {
  let at = from + 1
  while (at < path.length && path[at] !== '"') at += path[at] === '\\' ? 2 : 1
  return at
}

function trim(text: string): string {
  return text.replace(/^[^!-\u{10ffff}]+|[^!-\u{10ffff}]+$/gu, '')
}

function unquoted(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value
  return unescape(value.slice(1, -1))
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '\\': '\\', '/': '/', '"': '"' }

/** JSON's escapes; what is none ends the text, as in goss's library. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text
  let out = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character < ' ') return out
    if (character !== '\\') {
      out += character
      continue
    }
    at += 1
    const code = /^u([\da-fA-F]{4})/.exec(text.slice(at, at + 5))
    const short = escapes[text[at] ?? '']
    if (code === null && short === undefined) return out
    out += code === null ? short : String.fromCharCode(parseInt(code[1] ?? '', 16))
    if (code !== null) at += 4
  }
  return out.toWellFormed()
}

/** `[…]` or `{…}` at the beginning of a path and what follows; null: it is not closed. */
export function parseSelectors(path: string): { readonly selectors: readonly Selector[]; readonly rest: string } | null {
  const selectors: Selector[] = []
  let [depth, colon, start, modifier] = [1, 0, 1, 0]
  const push = (end: number): void => {
    selectors.push(
      colon === 0
        ? { name: '', path: path.slice(start, end) }
        : { name: path.slice(start, colon), path: path.slice(colon + 1, end) },
    )
    ;[colon, modifier, start] = [0, 0, end + 1]
  }
  for (let at = 1; at < path.length; at += 1) {
    const character = path[at] ?? ''
    if (character === '\\') at += 1
    else if (character === '@' && modifier === 0 && '.|'.includes(path[at - 1] ?? '-')) modifier = at
    else if (character === ':' && modifier === 0 && colon === 0 && depth === 1) colon = at
    else if (character === ',' && depth === 1) push(at)
    else if (character === '"') at = endOfQuotes(path, at)
    else if ('[({'.includes(character)) depth += 1
    else if ('])}'.includes(character)) {
      depth -= 1
      if (depth > 0) continue
      push(at)
      return { selectors, rest: path.slice(at + 1) }
    }
  }
  return null
}

/** The name that a selector without one gives its value. */
export function nameOfLast(path: string): string {
  let from = 0
  for (let at = path.length - 1; at >= 0; at -= 1) {
    if ((path[at] !== '|' && path[at] !== '.') || path[at - 1] === '\\') continue
    from = at + 1
    break
  }
  const name = path.slice(from)
  return /[[\]{}()#|!]|[^ -\u{10ffff}]/u.test(name) ? '_' : name
}

/** Where a path within `#…` has a pipe of its own: what stands before and behind it. */
export function splitPipe(path: string): { readonly left: string; readonly right: string } | null {
  if (!path.includes('|')) return null
  if (path.startsWith('{')) {
    const { length } = squash(path)
    return path[length] === '|' ? { left: path.slice(0, length), right: path.slice(length + 1) } : null
  }
  for (let at = 0; at < path.length; at += 1) {
    if (path[at] === '\\') at += 1
    else if (path[at] === '|') return { left: path.slice(0, at), right: path.slice(at + 1) }
    else if (path[at] === '.' && path[at + 1] === '#' && '[('.includes(path[at + 2] ?? '-')) at = endOfBrackets(path, at + 2)
    else if (path[at] === '.' && path[at + 1] === '#') at += path[at + 2] === undefined ? 1 : 2
  }
  return null
}

function endOfBrackets(path: string, from: number): number {
  const [open, close] = path[from] === '[' ? ['[', ']'] : ['(', ')']
  let depth = 1
  for (let at = from + 1; at < path.length; at += 1) {
    if (path[at] === '\\') at += 1
    else if (path[at] === '"') at = endOfQuotes(path, at)
    else if (path[at] === open) depth += 1
    else if (path[at] === close) {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return path.length
}

/** From a bracket or quote to the one that closes it; all of it where none does. */
export function squash(text: string): string {
  if (text.startsWith('"')) return text.slice(0, endOfQuotes(text, 0) + 1)
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '"') at = endOfQuotes(text, at)
    else if ('[({'.includes(character)) depth += 1
    else if ('])}'.includes(character)) {
      depth -= 1
      if (depth === 0) return text.slice(0, at + 1)
    }
  }
  return text
}
