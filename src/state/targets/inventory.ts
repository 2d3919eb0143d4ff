import { RunproofError } from '../../../core/model/errors.ts'
import { type TargetSpec, parseTarget } from './address.ts'

const MAX_TARGETS = 10_000

/**
 * A file of targets, one per line: an address, then `name=…` (what the host is called in results) and `sudo` if they matter. Empty
 * lines and what follows ` #` are passed over.
 * @throws RunproofError `usage` naming the line: no address, an unknown word, a name that is taken, more than 10,000 targets
 */
export function parseInventory(text: string, file: string): readonly TargetSpec[] {
  const targets: TargetSpec[] = []
  const taken = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    const words = line
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
    if (words[0] === '') continue
    const target = targetIn(words, `${file}:${index + 1}`)
    const name = target.id ?? target.text
    if (taken.has(name)) throw new RunproofError('usage', `${file}:${index + 1}: ${name} is there twice`)
    taken.add(name)
    targets.push(target)
    if (targets.length > MAX_TARGETS) throw new RunproofError('usage', `${file} has more than ${MAX_TARGETS} targets`)
  }
  return targets
}

function targetIn([address = '', ...words]: readonly string[], place: string): TargetSpec {
  let id: string | null = null
  let sudo = false
  for (const word of words) {
    if (word === 'sudo') sudo = true
    else if (/^name=./.test(word)) id = word.slice('name='.length)
    else throw new RunproofError('usage', `${place}: ${JSON.stringify(word)} is neither name=… nor sudo`)
  }
  try {
    return parseTarget(address, { id, sudo })
  } catch (cause) {
    throw cause instanceof RunproofError ? new RunproofError('usage', `${place}: ${cause.message}`, { cause }) : cause
  }
}
