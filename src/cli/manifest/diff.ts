import { parseArgs } from 'node:util'
import { manifestDigest } from '../../../core/judge/resolve.ts'
import { diffManifests, type Change } from '../../declare/diff.ts'
import { EXIT, type Io } from '../command.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { positional } from '../arguments.ts'
import { loadManifest } from './load.ts'

const usage = 'runproof manifest diff BEFORE AFTER [--strict] [--json]'
const options = { strict: { type: 'boolean' }, json: { type: 'boolean' } } as const

/** 0, or with --strict 1 where a change weakens the promise. */
export async function diff(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [before = '', after = ''] = positional(positionals, ['BEFORE', 'AFTER'], usage)
  const [from, to] = [await loadManifest(before, io), await loadManifest(after, io)]
  const changes = diffManifests(from.manifest, to.manifest)
  const weaker = changes.filter(({ effect }) => effect === 'weakens').length

  if (values.json === true) {
    io.out(
      JSON.stringify(
        { before: manifestDigest(from.manifest), after: manifestDigest(to.manifest), weakens: weaker, changes },
        null,
        2,
      ),
    )
  } else {
    for (const line of lines(changes)) io.out(visibleText(line))
    io.err(
      changes.length === 0
        ? 'no difference in what is promised'
        : `${changes.length} changes, ${weaker} of them weaken the promise`,
    )
  }
  return values.strict === true && weaker > 0 ? EXIT.fail : EXIT.ok
}

const signs = { widens: '+', weakens: '!', either: '?', neutral: ' ' } as const

function lines(changes: readonly Change[]): readonly string[] {
  return [...Map.groupBy(changes, ({ where }) => where)].flatMap(([where, group]) => [
    where,
    ...group.map(
      ({ what, effect }) =>
        `  ${signs[effect]} ${what}${effect === 'neutral' ? '' : `  (${effect === 'either' ? 'look: can widen or weaken' : effect})`}`,
    ),
  ])
}
