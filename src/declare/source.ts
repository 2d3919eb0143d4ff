import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node, type YAMLMap } from 'yaml'
import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Fault, Path, Position } from './problem.ts'

/** A document as plain values, and where each of them stands. `faults`: what YAML itself does not allow, or we do not. */
export type Source = {
  readonly value: JsonValue
  readonly faults: readonly (Fault & { readonly position: Position })[]
  /** The value at a path, or its key when `key` is set or the value is no scalar; where nothing stands, the nearest thing around it. */
  readonly locate: (path: Path, key?: boolean) => Position
}

/** What a document that people review needs at most; it also bounds what a hostile one can cost. */
export const sourceLimits = { depth: 40, nodes: 100_000, aliases: 100, syntaxFaults: 3 } as const

/**
 * Reads YAML 1.2 (core schema; JSON is a subset) so that no two readers can understand it differently: one document, no tags, no
 * merge keys, no duplicate or non-text keys, no invisible control characters, aliases within limits.
 */
export function readSource(text: string): Source {
  const lines = new LineCounter()
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const refused = (offset: number, message: string, fix: string): Source => ({
    value: null,
    faults: [{ path: [], message, fix, position: positionOf(offset) }],
    locate: () => positionOf(offset),
  })

  const documents = documentsIn(text, lines)
  if (documents === null) return refused(0, 'not YAML: nested too deep', `nest less deep than ${sourceLimits.depth}`)
  const [document, second] = documents
  const hidden = HIDDEN.exec(text)
  if (hidden) return refused(hidden.index, `an invisible control character (${codeOf(hidden[0])})`, 'delete it')
  if (!document?.contents) return refused(0, 'the document is empty', 'start from the output of runproof manifest init')
  if (document.errors.length > 0) return syntaxErrors(document, positionOf)
  if (second) return refused(second.range[0], 'a second document', 'one document per file: remove the --- and what follows')
  const { explicit, version } = document.directives.yaml
  if (explicit === true && version !== '1.2')
    return refused(0, `a %YAML ${version} directive`, 'remove it: documents are read as YAML 1.2')

  const walk: Walk = { positionOf, faults: [], anchors: new Map(), aliases: 0, nodes: 0, stopped: false }
  const value = valueOf(document.contents, [], walk)
  // What was read in part says nothing about the rest.
  return {
    value: walk.stopped ? null : value,
    faults: walk.faults,
    locate: (path, key) => locate(document.contents, path, key ?? false, positionOf),
  }
}

/** Null where the library's own recursion ends before its limit: maps within maps on one line. Such a text is refused either way. */
function documentsIn(text: string, lineCounter: LineCounter): readonly Document.Parsed[] | null {
  try {
    const documents = parseAllDocuments(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      // The library compares every pair of keys; ours is one look into a set.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    })
    return [...documents] as readonly Document.Parsed[]
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

type Walk = {
  readonly positionOf: (offset: number) => Position
  readonly faults: (Fault & { readonly position: Position })[]
  readonly anchors: Map<string, Node>
  aliases: number
  nodes: number
  /** A limit was met: one fault says so, the rest is not read. */
  stopped: boolean
}

function valueOf(node: Node | null, path: Path, walk: Walk): JsonValue {
  if (node === null || walk.stopped) return null
  if (++walk.nodes > sourceLimits.nodes) return stop(node, path, walk, `more than ${sourceLimits.nodes} values`, 'split it up')
  if (path.length > sourceLimits.depth) return stop(node, path, walk, `nested deeper than ${sourceLimits.depth}`, 'flatten it')
  if (isAlias(node)) return aliasValue(node, path, walk)
  if (node.tag !== undefined)
    fault(
      node,
      path,
      walk,
      `a tag, ${node.tag.replace('tag:yaml.org,2002:', '!!')}`,
      'remove it: the form of each field is fixed',
    )
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) walk.anchors.set(node.anchor, node)
  if (isMap(node)) return mapValue(node, path, walk)
  if (isSeq(node)) return node.items.map((item, index) => valueOf(item as Node | null, [...path, index], walk))
  return isScalar(node) ? scalarValue(node, path, walk) : null
}

function aliasValue(node: Node & { readonly source: string }, path: Path, walk: Walk): JsonValue {
  const target = walk.anchors.get(node.source)
  if (!target)
    return fault(node, path, walk, `*${node.source} stands for nothing`, `put &${node.source} before the value that it repeats`)
  if (++walk.aliases > sourceLimits.aliases) {
    return stop(
      node,
      path,
      walk,
      `more than ${sourceLimits.aliases} aliases`,
      'write the values out: a reviewer reads them in place',
    )
  }
  return valueOf(target, path, walk)
}

function mapValue(node: YAMLMap, path: Path, walk: Walk): JsonValue {
  const members: Record<string, JsonValue> = {}
  for (const { key, value } of node.items as readonly { key: Node; value: Node | null }[]) {
    const name: unknown = isScalar(key) ? key.value : undefined
    if (typeof name !== 'string') fault(key, path, walk, 'a key that is not text', 'put the key in quotes')
    else if (HIDDEN.test(name)) fault(key, path, walk, 'a key with an invisible control character', 'delete it')
    else if (name === '<<') fault(key, path, walk, 'a merge key, which YAML 1.2 does not have', 'write the merged keys out')
    else if (name === '__proto__') fault(key, path, walk, 'the key __proto__', 'choose another name')
    else if (Object.hasOwn(members, name))
      fault(key, [...path, name], walk, `the key ${name} for the second time`, 'keep one of them')
    else members[name] = valueOf(value, [...path, name], walk)
  }
  return members
}

function scalarValue(node: Node & { readonly value: unknown }, path: Path, walk: Walk): JsonValue {
  const { value } = node
  if (typeof value === 'string' && !value.isWellFormed())
    return fault(node, path, walk, 'half a character (a lone surrogate)', 'write the whole character')
  // An escape shows it to whoever reads the file, and to nobody who reads what is made from it.
  const hidden = typeof value === 'string' ? HIDDEN.exec(value) : null
  if (hidden) return fault(node, path, walk, `an invisible control character (${codeOf(hidden[0])})`, 'delete it')
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return null
}

function fault(node: Node, path: Path, { faults, positionOf }: Walk, message: string, fix: string): null {
  faults.push({ path, message, fix, position: positionOf(node.range?.[0] ?? 0) })
  return null
}

function stop(node: Node, path: Path, walk: Walk, message: string, fix: string): null {
  walk.stopped = true
  return fault(node, path.slice(0, 4), walk, message, fix)
}

/** One mistake makes a parser stumble more than once: the first of a line, and the first few lines, are the useful ones. */
function syntaxErrors({ errors }: Document.Parsed, positionOf: (offset: number) => Position): Source {
  const deep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  const perLine = [...Map.groupBy(errors, ({ pos: [offset] }) => positionOf(offset).line).values()].flatMap(
    ([first]) => first ?? [],
  )
  const faults = (deep ? [deep] : perLine.slice(0, sourceLimits.syntaxFaults)).map(({ message, code, pos: [offset] }) => ({
    path: [],
    message: `not YAML: ${deep ? 'nested too deep' : message.charAt(0).toLowerCase() + message.slice(1)}`,
    fix: SYNTAX_FIXES.get(code) ?? 'correct the indentation, quotes or brackets here',
    position: positionOf(offset),
  }))
  return { value: null, faults, locate: () => faults[0]?.position ?? positionOf(0) }
}

function locate(top: Node | null, path: Path, wantsKey: boolean, positionOf: (offset: number) => Position): Position {
  let node: Node | null = top
  let key: Node | null = null
  for (const step of path) {
    const next = childOf(node, step)
    if (!next) return positionOf(startOf(key ?? node))
    node = next.value
    key = next.key ?? next.value
  }
  const atKey = wantsKey || !isScalar(node) || node.value === null
  return positionOf(startOf(atKey ? (key ?? node) : node))
}

function childOf(
  node: Node | null,
  step: string | number,
): { readonly key: Node | null; readonly value: Node | null } | undefined {
  if (isSeq(node) && typeof step === 'number' && step < node.items.length)
    return { key: null, value: node.items[step] as Node | null }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
  return pair && { key: pair.key as Node, value: pair.value as Node | null }
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** C0 and C1 controls, which YAML forbids, and marks that show a reviewer text in another order than it is read. */
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069]/
const SYNTAX_FIXES: ReadonlyMap<string, string> = new Map([
  ['TAB_AS_INDENT', 'indent with spaces'],
  ['BAD_INDENT', 'indent it like its neighbours, and close every bracket'],
  ['BLOCK_AS_IMPLICIT_KEY', 'put a text that contains ": " in quotes'],
  ['BAD_SCALAR_START', 'put the text in quotes'],
  ['MISSING_CHAR', 'close the quote or bracket, or put a comma between items'],
  ['RESOURCE_EXHAUSTION', `nest less deep than ${sourceLimits.depth}`],
])
