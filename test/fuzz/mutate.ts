import { mutateBytes } from './mutate-bytes.ts'
import { mutateTree, textOfTree, treeOf } from './mutate-json.ts'
import type { Random } from './random.ts'
import { bytesOf, textOf, type Mutate } from './target.ts'

/** Documents of one JSON value: mostly its shape is changed, sometimes its bytes. */
export const mutateJson: Mutate = (input, random, others) => {
  if (random.chance(0.2)) return mutateBytes(input, random, others)
  const changed = changedJson(textOf(input), random, others.length === 0 ? [] : [textOf(random.pick(others))])
  return changed === null ? mutateBytes(input, random, others) : bytesOf(changed)
}

/** Documents of lines, each perhaps JSON: lines are changed, taken out, doubled, put elsewhere, broken in the middle. */
export const mutateLines: Mutate = (input, random, others) => {
  if (random.chance(0.2)) return mutateBytes(input, random, others)
  const lines = textOf(input).split('\n')
  const otherLines = (): readonly string[] => textOf(random.pick(others)).split('\n')
  for (let left = 1 + random.int(3); left > 0; left--) {
    const at = random.int(lines.length)
    const line = lines[at] ?? ''
    switch (random.int(8)) {
      case 0:
        lines.splice(at, 1)
        break
      case 1:
        lines.splice(random.int(lines.length + 1), 0, line)
        break
      case 2:
        lines.splice(at, 0, random.pick(otherLines()))
        break
      case 3:
        lines[at] = textOf(mutateBytes(bytesOf(line), random, others))
        break
      default:
        lines[at] = changedJson(line, random, otherLines()) ?? textOf(mutateBytes(bytesOf(line), random, others))
    }
    if (lines.length === 0) lines.push('')
  }
  return bytesOf(lines.join('\n'))
}

/** The text with its shape changed, or null when it is no JSON. */
export function changedJson(text: string, random: Random, others: readonly string[]): string | null {
  const tree = treeOf(text)
  try {
    return tree && textOfTree(mutateTree(tree, random, others))
  } catch (error) {
    // Nested within nested: deeper than our own recursion goes.
    if (error instanceof RangeError) return null
    throw error
  }
}

export { mutateBytes }
