import { buildGlobs, type Globs } from './glob-automaton.ts'
import type { PathForm } from './path-pattern.ts'
import { at, buildRadix, childOf, NODE, NONE, type Radix, type RadixKey } from './radix.ts'

/** Compiled lists of paths answer with the index of the first entry that matches, or with this. */
export const NO_ENTRY = -1

/**
 * One walk for all entries of a list: literal texts and starts in a radix tree, and where the literal start of a glob ends, its
 * automaton. `entries[i]` are the forms of entry i.
 */
export function compilePaths(entries: readonly (readonly PathForm[])[]): PathSet {
  const keys: RadixKey[] = []
  const globs = new Map<string, { readonly rule: number; readonly tokens: (PathForm & { kind: 'glob' })['tokens'] }[]>()
  for (const [rule, forms] of entries.entries()) {
    for (const form of forms) {
      if (form.kind !== 'glob') keys.push({ text: form.text, kind: form.kind, value: rule })
      else {
        const group = globs.get(form.text)
        if (group) group.push({ rule, tokens: form.tokens })
        else globs.set(form.text, [{ rule, tokens: form.tokens }])
      }
    }
  }
  const anchors = [...globs.values()]
  const automaton = anchors.length > 0 ? buildGlobs(anchors) : null
  for (const [index, text] of [...globs.keys()].entries()) keys.push({ text, kind: 'glob', value: index })
  const radix = buildRadix(keys)
  return new PathSet(radix, automaton)
}

export class PathSet {
  readonly #radix: Radix
  readonly #globs: Globs | null

  constructor(radix: Radix, globs: Globs | null) {
    this.#radix = radix
    this.#globs = globs
  }

  /** The first entry that the text matches, else {@link NO_ENTRY}. Nothing is made on the way, whether something matches or not. */
  find(text: string): number {
    const { nodes, labels } = this.#radix
    const { length } = text
    let cell = 0
    let done = 0
    let best = NONE
    for (;;) {
      const start = nodes[cell + at.labelStart] as number
      const end = nodes[cell + at.labelEnd] as number
      if (end - start > length - done) break
      for (let i = start; i < end; i++, done++) {
        if (text.charCodeAt(done) !== labels[i]) return best === NONE ? NO_ENTRY : best
      }
      const starts = nodes[cell + at.prefix] as number
      if (starts < best) best = starts
      const anchor = nodes[cell + at.globs] as number
      if (anchor >= 0 && this.#globs !== null) {
        const matched = this.#globs.find(anchor, text, done)
        if (matched < best) best = matched
      }
      if (done === length) {
        const whole = nodes[cell + at.exact] as number
        if (whole < best) best = whole
        break
      }
      const child = childOf(this.#radix, cell, text.charCodeAt(done))
      if (child < 0) break
      cell = child * NODE
    }
    return best === NONE ? NO_ENTRY : best
  }
}
