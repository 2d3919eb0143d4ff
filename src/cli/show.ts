import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { reportHtml } from '../report/html.ts'
import { reportText } from '../report/text.ts'
import { wrap } from '../report/text/layout.ts'
import { positional } from './arguments.ts'
import { connectionHelp, connectionOptions } from './client/connection.ts'
import { storedHelp } from './client/stored-report.ts'
import { EXIT, type Command } from './command.ts'
import { objections, openReport, standing, verifiedJson } from './open-report.ts'
import { shownPath } from './paths.ts'
import { pdfOf } from '../service/pdf/report-pdf.ts'

const usage = 'runproof show REPORT [--trust TRUST] [--json] [--html FILE] [--pdf FILE]'

const help = `usage: ${usage}

Prints a report for people: verdict, both scores, controls, coverage with its blind minutes, waivers, events. The first line
says whether the report was verified.

  REPORT          *.runproof.tar, or a folder with the same members
  --trust TRUST   verify it first, as runproof verify does; a report that does not verify is not shown
  --json          print the whole report as one JSON object, with whether it was verified
  --html FILE     write the page for people
  --pdf FILE      write it as PDF
${connectionHelp}

${storedHelp}

It says nothing about the verdict with its exit code; runproof verify and assess do.
exit codes: 0 shown, 1 it does not verify, 3 could not read it, 64 wrong usage

examples:
  runproof show out/….runproof.tar --trust trust.json
  runproof show out --json | jq .report.judgement.verdict
  runproof show out --pdf report.pdf
  runproof show 'payments/production@{yesterday}' --trust trust.json`

const options = {
  ...connectionOptions,
  trust: { type: 'string' },
  json: { type: 'boolean', default: false },
  html: { type: 'string' },
  pdf: { type: 'string' },
} as const

export const show: Command = {
  name: 'show',
  summary: 'print a report for people, or write it as HTML or PDF',
  help,
  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [path = ''] = positional(positionals, ['REPORT'], usage)
    const opened = await openReport(path, values, io)
    const refused = opened.verification?.ok === false
    if (values.json) {
      const { report, reportDigest } = opened
      io.out(JSON.stringify({ ...verifiedJson(opened), ...(refused ? {} : { reportDigest, report }) }))
    } else {
      for (const line of [...wrap(standing(opened), io.columns), ...objections(opened)]) io.out(line)
      if (!refused) io.out(`\n${reportText(opened.report, { columns: io.columns, colour: io.colour })}`)
    }
    if (refused) return EXIT.fail
    const written: string[] = []
    if (values.html !== undefined) written.push(await write(values.html, reportHtml(opened.report, opened.seal), io))
    if (values.pdf !== undefined) written.push(await write(values.pdf, await pdfOf(opened.report, opened.seal), io))
    if (!values.json) for (const line of written) io.out(line)
    return EXIT.ok
  },
}

async function write(name: string, content: string | Uint8Array, io: { readonly cwd: string }): Promise<string> {
  const path = resolve(io.cwd, name)
  try {
    await writeFile(path, content)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RunproofError('file.unreadable', `cannot write ${path}: ${why}`, { cause })
  }
  return `\nwritten  ${shownPath(path, io)}`
}
