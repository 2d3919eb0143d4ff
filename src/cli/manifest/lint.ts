import { parseArgs } from 'node:util'
import { lint, lintRules, warningText } from '../../declare/lint.ts'
import { problemText } from '../../declare/problem.ts'
import { EXIT, type Io } from '../command.ts'
import { counted, positional } from '../arguments.ts'
import { loadFile } from './load.ts'

const usage = 'runproof manifest lint [DIR|FILE] [--strict] [--json]'
const options = { strict: { type: 'boolean' }, json: { type: 'boolean' } } as const

/** 0: no error (with --strict: no warning either). 1: otherwise. Notes never count. */
export async function lintCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [target = '.'] = positional(positionals, ['DIR'], usage, '.')
  const { shown, read } = await loadFile(target, io)
  const problems = 'problems' in read ? read.problems : []
  const warnings = 'problems' in read ? [] : lint(read.manifest, read.locate, shown)
  const strictly = warnings.filter(({ level }) => level === 'warning').length

  if (values.json === true) {
    const listed = warnings.map((warning) => ({ ...warning, title: lintRules[warning.rule].title }))
    io.out(JSON.stringify({ file: shown, problems, warnings: listed }, null, 2))
  } else {
    for (const problem of problems) io.out(problemText(problem))
    for (const warning of warnings) io.out(warningText(warning))
    io.err(
      `${shown}: ${counted(problems.length, 'error')}, ${counted(strictly, 'warning')}, ${counted(warnings.length - strictly, 'note')}`,
    )
  }
  return problems.length > 0 || (values.strict === true && strictly > 0) ? EXIT.fail : EXIT.ok
}
