import { join, resolve } from 'node:path'
import { assessOptions } from './assess/options.ts'
import { assessWindow } from './assess.ts'
import { EXIT, type Command } from './command.ts'
import { shownPath } from './paths.ts'
import { reportText } from '../report/text.ts'
import { announce, startFrom, untilAsked } from './serve.ts'
import { verify } from './verify.ts'

const help = `usage: npm start                   (or: runproof start [--once] [--out DIR] [--data DIR])

Assesses the sample application that ships with Runproof, verifies the report that this makes, says where the files are,
and then runs the service, so that you can send it evidence of your own. The sample is made to show a failure, a waiver
and forty blind minutes; it succeeds when its report verifies, whatever the verdict.

  --once       end after the report; the exit code is that of verifying it
  --out DIR    where to write; default: ./out
  --data DIR   keys, ledger and evidence; default: a folder of its own beside the output, so that trying it leaves nothing
               behind

exit codes: 0 the report verifies (and the service was stopped), 1 it does not, 3 could not`

const sample = join(import.meta.dirname, '..', '..', 'samples', 'payments')

export const start: Command = {
  name: 'start',
  summary: 'assess the sample application, verify the report, then run the service',
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
    if (code !== EXIT.ok || argv.includes('--once')) return code
    io.out('')
    const { service } = await startFrom({ data: resolve(io.cwd, data) }, { ...io, out: io.err })
    await announce(service, data, io)
    io.err('docs/guides/first-window.md goes on from here; Ctrl-C stops it')
    await untilAsked(service)
    return EXIT.ok
  },
}

function option(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name)
  return at < 0 ? undefined : argv[at + 1]
}
