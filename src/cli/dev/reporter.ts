import { writeFileSync } from 'node:fs'
import type { TestEvent } from 'node:test/reporters'

/**
 * Node's test events as few lines: failures with their reason, skips with theirs (a skip is never a pass), and the tally. The counts
 * also go to the file that RUNPROOF_TALLY names.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tally = { passed: 0, failed: 0, skipped: 0 }
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.details.type !== 'suite') {
      const { skip } = event.data
      if (skip === undefined || skip === false) tally.passed++
      else {
        tally.skipped++
        yield `skipped  ${event.data.name}${typeof skip === 'string' ? `: ${skip}` : ''}\n`
      }
    }
    if (event.type === 'test:fail' && event.data.details.type !== 'suite') {
      tally.failed++
      const { name, file, line, details } = event.data
      const { cause } = details.error
      yield `FAILED   ${name}\n         ${file ?? ''}:${line ?? ''}\n${indented(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? details.error.message))}\n`
    }
    if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message
    if (event.type === 'test:coverage') yield coverage(event.data)
  }
  const path = process.env['RUNPROOF_TALLY']
  if (path) writeFileSync(path, JSON.stringify(tally))
  yield `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `         ${line}`)
    .join('\n')
}

function coverage({ summary }: Extract<TestEvent, { type: 'test:coverage' }>['data']): string {
  const rows = summary.files
    .map(({ path, coveredLinePercent }) => ({ file: path.replace(summary.workingDirectory, '.'), percent: coveredLinePercent }))
    .sort((a, b) => a.percent - b.percent)
    .map(({ file, percent }) => `${percent.toFixed(1).padStart(6)} %  ${file}`)
  return `${rows.join('\n')}\n${summary.totals.coveredLinePercent.toFixed(1).padStart(6)} %  all lines\n`
}
