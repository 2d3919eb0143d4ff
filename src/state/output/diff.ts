/** Beyond this many lines no difference is worked out: nobody reads it, and it takes lines × lines. */
export const mostLines = 20_000

type Block = { readonly a: number; readonly b: number; readonly size: number }
type Change = { readonly kind: 'same' | 'changed'; readonly a: readonly [number, number]; readonly b: readonly [number, number] }

/**
 * What differs between two texts, as `diff -U1` shows it (files `test` and `actual`) by the algorithm of Python's difflib, which goss's
 * library follows. Empty where they have too many lines.
 */
export function unifiedDiff(from: string, to: string): string {
  const [a, b] = [linesOf(from), linesOf(to)]
  if (a.length > mostLines || b.length > mostLines) return ''
  const hunks = hunksOf(changesOf(a, b))
  if (hunks.length === 0) return ''
  return `--- test\n+++ actual\n${hunks.map((hunk) => write(hunk, a, b)).join('')}`
}

/** Every line with its end; what follows the last line feed has one too, though it be empty. */
function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => `${line}\n`)
}

function write(hunk: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [hunk[0], hunk.at(-1)]
  if (first === undefined || last === undefined) return ''
  const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`
  return (
    head +
    hunk
      .map((change) => {
        const [old, young] = [a.slice(...change.a), b.slice(...change.b)]
        if (change.kind === 'same') return old.map((line) => ` ${line}`).join('')
        return old.map((line) => `-${line}`).join('') + young.map((line) => `+${line}`).join('')
      })
      .join('')
  )
}

function range(start: number, end: number): string {
  const length = end - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

/** Changes with one line around each; those further apart than two are hunks of their own. */
function hunksOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: Change[][] = []
  let hunk: Change[] = []
  for (const [at, change] of changes.entries()) {
    if (change.kind === 'changed') {
      hunk.push(change)
      continue
    }
    const [isFirst, isLast] = [at === 0, at === changes.length - 1]
    const length = change.a[1] - change.a[0]
    if (isFirst || isLast || length <= 2) {
      hunk.push(cut(change, isFirst ? Math.max(length - 1, 0) : 0, isLast ? Math.min(1, length) : length))
      continue
    }
    hunks.push([...hunk, cut(change, 0, 1)])
    hunk = [cut(change, length - 1, length)]
  }
  hunks.push(hunk)
  return hunks.filter((each) => each.some(({ kind }) => kind === 'changed'))
}

function cut({ kind, a, b }: Change, from: number, to: number): Change {
  return { kind, a: [a[0] + from, a[0] + to], b: [b[0] + from, b[0] + to] }
}

function changesOf(a: readonly string[], b: readonly string[]): readonly Change[] {
  const changes: Change[] = []
  let [atA, atB] = [0, 0]
  for (const block of [...blocksOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (atA < block.a || atB < block.b) changes.push({ kind: 'changed', a: [atA, block.a], b: [atB, block.b] })
    if (block.size > 0) changes.push({ kind: 'same', a: [block.a, block.a + block.size], b: [block.b, block.b + block.size] })
    ;[atA, atB] = [block.a + block.size, block.b + block.size]
  }
  return changes
}

/** The longest run of equal lines, then the same before and behind it; runs that touch are one. */
function blocksOf(a: readonly string[], b: readonly string[]): readonly Block[] {
  const places = placesOf(b)
  const found: Block[] = []
  const open: (readonly [number, number, number, number])[] = [[0, a.length, 0, b.length]]
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [fromA, toA, fromB, toB] = part
    const block = longest(a, b, places, part)
    if (block.size === 0) continue
    found.push(block)
    if (fromA < block.a && fromB < block.b) open.push([fromA, block.a, fromB, block.b])
    if (block.a + block.size < toA && block.b + block.size < toB)
      open.push([block.a + block.size, toA, block.b + block.size, toB])
  }
  return joined(found.toSorted((x, y) => x.a - y.a || x.b - y.b))
}

function joined(blocks: readonly Block[]): readonly Block[] {
  const out: Block[] = []
  for (const block of blocks) {
    const last = out.at(-1)
    if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b)
      out[out.length - 1] = { ...last, size: last.size + block.size }
    else out.push(block)
  }
  return out
}

/** Where each line stands in `b`; in a long text lines that are everywhere are not looked for. */
function placesOf(b: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (const [at, line] of b.entries()) {
    const of = places.get(line)
    if (of === undefined) places.set(line, [at])
    else of.push(at)
  }
  const most = b.length >= 200 ? Math.floor(b.length / 100) + 1 : Infinity
  for (const [line, of] of places) if (of.length > most) places.delete(line)
  return places
}

function longest(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [fromA, toA, fromB, toB]: readonly [number, number, number, number],
): Block {
  let best: Block = { a: fromA, b: fromB, size: 0 }
  let lengths = new Map<number, number>()
  for (let i = fromA; i < toA; i += 1) {
    const next = new Map<number, number>()
    for (const j of places.get(a[i] ?? '') ?? []) {
      if (j < fromB) continue
      if (j >= toB) break
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    lengths = next
  }
  return extended(a, b, best, [fromA, toA, fromB, toB])
}

/** With the equal lines around it that were not looked for. */
function extended(
  a: readonly string[],
  b: readonly string[],
  block: Block,
  [fromA, toA, fromB, toB]: readonly [number, number, number, number],
): Block {
  let { a: atA, b: atB, size } = block
  while (atA > fromA && atB > fromB && a[atA - 1] === b[atB - 1]) [atA, atB, size] = [atA - 1, atB - 1, size + 1]
  while (atA + size < toA && atB + size < toB && a[atA + size] === b[atB + size]) size += 1
  return { a: atA, b: atB, size }
}
