import type { Result } from '../model/result.ts'
import { humanize } from './human.ts'
import type { Style } from './options.ts'
import { durationOf, groupsOf, isFailed, seconds, tallyOf, typeName, type Output, type RunInfo } from './run.ts'

/** JUnit's XML, one case per result, never coloured. */
export function junit(results: readonly Result[], run: RunInfo, style: Style): Output {
  const { count, failed, skipped, nanos } = tallyOf(results)
  const plain = { ...style, colour: false }
  const cases = groupsOf(results, style.sort)
    .flat()
    .map((result) => testCase(result, plain))
  const time = run.endedAt.replace(/\.\d+/, '')
  const suite = `<testsuite name="goss" errors="0" tests="${count}" failures="${failed}" skipped="${skipped}" time="${seconds(nanos)}" timestamp="${time}">`
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${suite}\n${cases.join('')}</testsuite>\n`
  return { text, exit: failed > 0 ? 1 : 0 }
}

function testCase(result: Result, style: Style): string {
  const name = `${typeName(result)} ${escapeXml(result.id)} ${result.property}`
  const line = escapeXml(humanize(result, true, style))
  const body = isFailed(result)
    ? `<system-err>${line}</system-err>\n<failure>${line}</failure>`
    : `${result.outcome === 'skip' ? '<skipped/>' : ''}<system-out>${line}</system-out>`
  return `<testcase name="${name}" time="${seconds(durationOf(result))}">\n${body}\n</testcase>\n`
}

const entities: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** Text of XML; what XML cannot hold is U+FFFD. */
export function escapeXml(text: string): string {
  return text.toWellFormed().replace(/["'&<>]|[^ -\ufffd\u{10000}-\u{10ffff}]/gu, (character) => entities[character] ?? '\ufffd')
}
