import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { Guard } from '../../guard/guard.ts'
import { severities, type Violation } from '../../guard/model.ts'
import { toJson } from '../../guard/to-json.ts'
import { counted, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { table } from '../table.ts'
import { loadPolicy } from './policy.ts'
import { readRecorded, type ReadCounts } from './recorded.ts'

const usage = 'runproof guard replay FILE… --policy POLICY [--sensor auto|NAME] [--json]'
const options = {
  policy: { type: 'string' },
  sensor: { type: 'string', default: 'auto' },
  matching: { type: 'string' },
  mode: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Recorded events against a policy. 0: nothing against it, 1: violations, 2: something could not be read, so nobody can say. */
export async function replay(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  if (positionals.length === 0) throw new RunproofError('usage', `a file of events is missing; usage: ${usage}`)
  const { compiled, name } = await loadPolicy(required(values.policy, '--policy', usage), io, values)
  const guard = new Guard(compiled, { now: io.now })
  const found = new Found()
  const counts = await readRecorded(positionals, values.sensor, io, ({ sighting, beside }) => {
    const violation = guard.check(sighting, beside)
    if (violation === null) return
    found.add(violation)
    if (values.json === true) io.out(JSON.stringify({ violation: toJson(violation) }))
  })
  const stats = guard.stats()
  if (values.json === true) io.out(JSON.stringify({ policy: { name, digest: compiled.digest }, read: counts, stats }))
  else for (const line of [...found.lines(), ...summary(counts, stats)]) io.out(line)
  if (stats.violations > 0) return EXIT.fail
  return counts.malformed > 0 || stats.unresolved > 0 ? EXIT.review : EXIT.ok
}

/** Violations that say the same are one line. */
class Found {
  private readonly groups = new Map<string, { readonly violation: Violation; count: number }>()

  add(violation: Violation): void {
    const key = JSON.stringify([violation.rule, violation.actor.name, violation.detail])
    const group = this.groups.get(key)
    if (group) group.count += 1
    else this.groups.set(key, { violation, count: 1 })
  }

  lines(): readonly string[] {
    if (this.groups.size === 0) return []
    const rank = ({ severity }: Violation): number => severities.indexOf(severity)
    const sorted = [...this.groups.values()].sort((a, b) => rank(b.violation) - rank(a.violation) || b.count - a.count)
    const rows = sorted.map(({ violation, count }) => {
      const { severity, actor, rule, effect, detail } = violation
      return [severity, actor.name, String(count), effect, rule, detail]
    })
    return [...table(['severity', 'process', 'times', 'effect', 'rule', 'detail'], rows), '']
  }
}

function summary(
  { events, sightings, others, malformed, undated }: ReadCounts,
  stats: ReturnType<Guard['stats']>,
): readonly string[] {
  const notListed = Object.entries(stats.unlisted.processes).sort(([, a], [, b]) => b - a)
  return [
    `${counted(events, 'event')} read: ${sightings} that a policy can speak of, ${others} others${malformed > 0 ? `, ${malformed} malformed` : ''}${undated > 0 ? `, ${undated} without a time` : ''}`,
    `${counted(stats.violations, 'violation')}; ${counted(stats.unlisted.events, 'event')} of processes that the policy does not list${
      notListed.length > 0
        ? ` (${notListed
            .slice(0, 5)
            .map(([name, count]) => `${name} ${count}`)
            .join(', ')})`
        : ''
    }`,
    ...(stats.unresolved > 0
      ? [`${stats.unresolved} could not be checked: a path without its start, or an address that is none`]
      : []),
  ]
}
