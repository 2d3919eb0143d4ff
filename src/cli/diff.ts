import { parseArgs } from 'node:util'
import { diffReports } from '../report/diff.ts'
import { diffText } from '../report/text/diff.ts'
import { wrap } from '../report/text/layout.ts'
import { positional } from './arguments.ts'
import { connectionHelp, connectionOptions } from './client/connection.ts'
import { storedHelp } from './client/stored-report.ts'
import { EXIT, type Command } from './command.ts'
import { objections, openReport, standing, verifiedJson } from './open-report.ts'

const usage = 'runproof diff A B [--trust TRUST] [--json]'

const help = `usage: ${usage}

Compares two reports of one application and environment: which verdicts changed and why, worst first. For each control: which
findings appeared, are not seen any more, were waived or lost their waiver (and why), what was watched less or more with the
blind stretches, and which thresholds, manifest or gate are others.

  A, B            *.runproof.tar, or folders with the same members; A is the first, usually of the earlier window
  --trust TRUST   verify both first, as runproof verify does; reports that do not verify are not compared
  --json          print the differences as one JSON object

${connectionHelp}

${storedHelp}
exit codes: 0 every verdict is the same (of the window and of each control, before and after waivers), 1 at least one is
another or a report does not verify, 3 could not compare, 64 wrong usage, or reports of different scopes

examples:
  runproof diff monday/….runproof.tar tuesday/….runproof.tar
  runproof diff before after --trust trust.json --json
  runproof diff 'payments/production@~2' 'payments/production@~1' --trust trust.json`

const options = { ...connectionOptions, trust: { type: 'string' }, json: { type: 'boolean', default: false } } as const

export const diff: Command = {
  name: 'diff',
  summary: 'compare two reports: which verdicts changed and why',
  help,
  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const paths = positional(positionals, ['A', 'B'], usage)
    const opened = await Promise.all(paths.map((path) => openReport(path, values, io)))
    const [before, after] = opened
    if (!before || !after) throw new Error('two reports were asked for')
    const refused = opened.some(({ verification }) => verification?.ok === false)
    const compared = refused ? null : diffReports(before.report, after.report)
    if (values.json) {
      io.out(JSON.stringify({ before: verifiedJson(before), after: verifiedJson(after), ...compared }))
    } else {
      for (const [index, one] of opened.entries()) {
        for (const line of [...wrap(`${paths[index] ?? ''}: ${standing(one)}`, io.columns), ...objections(one)]) io.out(line)
      }
      if (compared) for (const line of ['', ...diffText(compared, io.columns)]) io.out(line)
    }
    return compared?.same === true ? EXIT.ok : EXIT.fail
  },
}
