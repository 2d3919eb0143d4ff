import { join, resolve } from 'node:path'
import { assessOptions } from './assess/options.ts'
import { assessWindow } from './assess.ts'
import { EXIT, type Command } from './command.ts'
import { shownPath } from './paths.ts'
import { reportText } from '../report/text.ts'
import { verify } from './verify.ts'

const help = `usage: npm start                   (or: runproof start [--once] [--out DIR] [--data DIR])

Assesses the sample application that ships with Runproof, verifies the report that this makes, and says where the files
are. It succeeds when the report verifies, whatever the sample's verdict: the sample is made to show a failure, a waiver
and forty blind minutes.

  --once       accepted for scripts; there is no service yet that would go on running
  --out DIR    where to write; default: ./out
  --data DIR   keys and ledger; default: a folder of its own beside the output, so that trying it leaves nothing behind

exit codes: 0 the report verifies, 1 it does not, 3 could not`

const sample = join(import.meta.dirname, '..', '..', 'samples', 'payments')

export const start: Command = {
  name: 'start',
  summary: 'assess the sample application, verify the report, say where it is',
  help,
  async run(argv, io) {
    const out = option(argv, '--out') ?? 'out'
    const data = option(argv, '--data') ?? join(out, 'data')
    const options = assessOptions(
      [
        ...[
          '--bundle',
          join(sample, 'assurance'),
          '--events',
          join(sample, 'events', 'falco.ndjson'),
          '--events',
          join(sample, 'events', 'tetragon.ndjson'),
        ],
        '--from',
        '2026-03-02T00:00:00Z',
        '--to',
        '2026-03-03T00:00:00Z',
        '--out',
        out,
        '--data',
        resolve(io.cwd, data),
      ],
      io,
    )
    const { receipt, written } = await assessWindow(options, io)
    io.out(reportText(receipt.report, { columns: io.columns, colour: io.colour }))
    io.out('')
    io.out('Now as a stranger would, from the audit file and the trust root alone:')
    io.out('')
    const code = await verify.run([written.audit, '--trust', written.trust], io)
    const shown = (path: string): string => shownPath(path, io)
    io.out('')
    io.out(`page to read        ${shown(written.page)}`)
    io.out(`file to hand over   ${shown(written.audit)}`)
    io.out(`check it yourself   ./runproof verify ${shown(written.audit)} --trust ${shown(written.trust)}`)
    io.out(`the sample          samples/payments/README.md`)
    return code === EXIT.ok ? EXIT.ok : code
  },
}

function option(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name)
  return at < 0 ? undefined : argv[at + 1]
}
