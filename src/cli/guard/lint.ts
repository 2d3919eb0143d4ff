import { parseArgs } from 'node:util'
import { lintPolicy, type PolicyLint } from '../../guard/policy/lint-policy.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { table } from '../table.ts'
import { loadPolicy } from './policy.ts'

const usage = 'runproof guard lint POLICY [--strict] [--json]'
const options = { policy: { type: 'string' }, strict: { type: 'boolean' }, json: { type: 'boolean' } } as const

/** Where `strict` and `compat` disagree, and what says less than it seems to. With --strict 1 where anything is said. */
export async function lintGuardPolicy(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const named = values.policy !== undefined && positionals.length === 0 ? [values.policy] : positionals
  const [file = ''] = positional(named, ['POLICY'], usage)
  const { compiled, name } = await loadPolicy(file, io)
  const lints = lintPolicy(compiled.policy)
  if (values.json === true) io.out(JSON.stringify({ name, matching: compiled.matching, lints }))
  else for (const line of inWords(lints, name)) io.out(line)
  return values.strict === true && lints.length > 0 ? EXIT.fail : EXIT.ok
}

function inWords(lints: readonly PolicyLint[], name: string): readonly string[] {
  if (lints.length === 0) return [`${name}: strict and compat mean the same`]
  const rows = lints.map(({ kind, rule, entry, message, example, matches }) => {
    const verdict =
      matches === null
        ? ''
        : `strict ${matches.strict ? 'speaks of it' : 'does not'}, compat ${matches.compat ? 'does' : 'does not'}`
    return [kind, rule, entry ?? '', message, [example, verdict].filter(Boolean).join(': ')]
  })
  const differing = lints.filter(({ kind }) => kind === 'differs').length
  return [
    ...table(['', 'rule', 'entry', 'why', 'example'], rows),
    '',
    `${differing} differ between strict and compat, ${lints.length - differing} are advice`,
  ]
}
