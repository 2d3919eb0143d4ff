import { RunproofError } from '../model/errors.ts'
import type { Facts } from '../model/sealed.ts'
import { parseJson } from '../proof/json.ts'
import { readLine } from './evidence.ts'

/**
 * What a window knew of earlier ones, from its sealed lines alone: they come before anything that was seen in it, so the rest need not
 * be read. For evidence that was checked before; `open` checks all of it.
 * @throws RunproofError `evidence.malformed`
 */
export function sealedFacts(lines: Iterable<string>): Facts {
  let previous: Facts['previous'] | undefined
  const history: [string, Facts['history'] extends ReadonlyMap<string, infer R> ? R : never][] = []
  for (const text of lines) {
    const line = readLine(parseJson(text))
    if (line.kind === 'facts') previous = line.previous
    else if (line.kind === 'history') {
      const { firstWindow, lastWindow, windows, controls, workloads } = line
      history.push([line.fingerprint, { firstWindow, lastWindow, windows, controls, workloads }])
    } else if (previous !== undefined) break
  }
  if (previous === undefined) throw new RunproofError('evidence.malformed', 'evidence has no line about earlier windows')
  return { previous, history: new Map(history) }
}
