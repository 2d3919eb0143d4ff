import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Result } from '../../src/state/model/result.ts'
import type { Bytes } from '../../src/state/model/fact.ts'
import { plainStyle } from '../../src/state/output/options.ts'
import type { RunInfo } from '../../src/state/output/run.ts'
import { writeResults } from '../../src/state/output/write.ts'
import { printV } from '../../src/state/template/print.ts'
import {
  answerOf,
  casesOf,
  corpus,
  instant,
  judged,
  matchingResult,
  resourcesOf,
  skipWithoutCorpus,
  withSetup,
  type Recorded,
} from './recorded.ts'

const run: RunInfo = { dialect: 'goss', endedAt: instant, host: null, runId: null, version: '', sources: [] }

suite('what goss 0.4.10 answered is what we answer', { skip: skipWithoutCorpus }, () => {
  test('every cell of the table of matchers and contents', () => {
    const cells = truthTable()
    const verdicts = new Map<string, string>()
    for (const id of casesOf('matchers').filter((name) => name.startsWith('table-')))
      for (const resource of resourcesOf(`matchers/${id}/files/goss.yaml`, 'matching'))
        verdicts.set(resource.key, { pass: 'P', fail: 'f', error: 'E', skip: 'S' }[matchingResult(resource).outcome])
    const missing = cells.filter(({ key }) => !verdicts.has(key))
    // Two contents are written as no YAML that the recording kept (a time, a map).
    assert.ok(cells.length - missing.length >= 1400, `${cells.length - missing.length} cells have a case`)
    for (const { key, verdict } of cells) if (verdicts.has(key)) assert.equal(verdicts.get(key), verdict, key)
  })

  test('every recorded verdict, error, message and value of `matching`', () => {
    let seen = 0
    for (const id of casesOf('matchers')) {
      const { json } = answerOf(`matchers/${id}/expected/validate.json`)
      const resources = new Map(resourcesOf(`matchers/${id}/files/goss.yaml`, 'matching').map((each) => [each.key, each]))
      for (const recorded of json?.results ?? []) {
        const resource = resources.get(recorded.id)
        assert.ok(resource, `${id} ${recorded.id}`)
        assertSame(matchingResult(resource), recorded, `${id} ${recorded.id}`)
        seen += 1
      }
    }
    assert.ok(seen > 1900, `${seen} results`)
  })

  for (const id of skipWithoutCorpus === false ? casesOf('patterns') : [])
    test(`line patterns and whole texts: ${id}`, () => {
      withSetup(`patterns/${id}/case.json`, (folder) => {
        const resources = resourcesOf(`patterns/${id}/files/goss.yaml`, 'file')
        const recorded = answerOf(`patterns/${id}/expected/validate.json`).json?.results ?? []
        for (const resource of resources) {
          const path = printV(resource.attributes.get('path') ?? '')
          const shown = `${resource.key}: ${path}`
          const wanted = recorded.find((each) => each.id === shown && each.property === 'contents')
          // An empty list asserts nothing: there is no result.
          if (wanted === undefined) continue
          const bytes = bytesOf(readFileSync(join(folder, path)))
          const expected = resource.attributes.get('contents') ?? null
          assertSame(judged(resource, 'contents', expected, { kind: 'reader', bytes, type: '*os.File' }, shown), wanted, shown)
        }
      })
    })

  test('every output format, to the byte but for times', () => {
    for (const [file, results] of [
      ['fail', failing()],
      ['ok', resourcesOf('output/formats/files/ok.yaml', 'matching').map(matchingResult)],
    ] as const)
      for (const format of [
        'documentation',
        'junit',
        'nagios',
        'prometheus',
        'rspecish',
        'silent',
        'structured',
        'tap',
      ] as const) {
        const { stdout = '', exit } = answerOf(`output/formats/expected/${file}-${format}.json`)
        const ours = writeResults(format, results, run, plainStyle)
        // One line feed at the end was not recorded.
        assert.equal(masked(ours.text).trimEnd(), masked(stdout).trimEnd(), `${file} ${format}`)
        assert.equal(ours.exit, exit, `${file} ${format}`)
      }
  })

  test('the JSON format holds what was recorded of it', () => {
    const { json: recorded, exit } = answerOf('output/formats/expected/fail-json.json')
    const ours = writeResults('json', failing(), run, plainStyle)
    const { results, summary } = JSON.parse(ours.text) as { results: Record<string, unknown>[]; summary: Record<string, unknown> }
    assert.equal(ours.exit, exit)
    assert.deepEqual(
      results.map((result) => [result['resource-type'], result['resource-id'], result['result'], result['summary-line-compact']]),
      recorded?.results.map(({ type, id, result, summary: line }) => [type, id, result, line]),
    )
    assert.equal(summary['summary-line'], 'Count: 12, Failed: 8, Skipped: 2, Duration: 0.000s')
  })

  for (const name of ['matching_basic', 'matching_basic_failing', 'matching_transformers', 'matching_transformers_failing'])
    test(`goss's own golden files: ${name}`, () => {
      const results = resourcesOf(`real/goss-testdata/files/${name}.yaml`, 'matching').map(matchingResult)
      const exit = name.endsWith('failing') ? 1 : 0
      const tap = writeResults('tap', results, run, plainStyle)
      assert.equal(tap.exit, exit)
      assert.equal(tap.text, text(`real/goss-testdata/expected/${name}.0.out`))
      // The golden files are of the unreleased version, which shows what a reader held.
      for (const format of ['rspecish', 'documentation'] as const)
        assert.equal(
          withoutReaders(writeResults(format, results, run, plainStyle).text),
          withoutReaders(text(`real/goss-testdata/files/out_${name}.${exit}.${format}`)),
          format,
        )
    })
})

function truthTable(): readonly { readonly key: string; readonly verdict: string }[] {
  const rows = text('MATCHER-TRUTH-TABLE.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
  const [head = [], , ...body] = rows
  return body.flatMap(([matcher, ...verdicts]) =>
    verdicts.map((verdict, at) => ({ key: `${head[at + 1]}__${matcher}`, verdict })),
  )
}

function failing(): readonly Result[] {
  const file = 'output/formats/files/goss.yaml'
  const [command] = resourcesOf(file, 'command')
  const [missing] = resourcesOf(file, 'file')
  assert.ok(command && missing)
  const stdout = { kind: 'reader', bytes: { text: 'x\n', size: 2, cut: false }, type: '*bytes.Reader' } as const
  return [
    judged(command, 'exit-status', command.attributes.get('exit-status') ?? null, { kind: 'value', value: 3n }),
    judged(command, 'stdout', command.attributes.get('stdout') ?? null, stdout),
    judged(missing, 'exists', true, { kind: 'value', value: false }),
    judged(missing, 'mode', missing.attributes.get('mode') ?? null, null),
    ...resourcesOf(file, 'matching').map(matchingResult),
  ]
}

const members = {
  actual: 'actual',
  message: 'message',
  expected: 'expected',
  'missing-elements': 'missingElements',
  'found-elements': 'foundElements',
  'extra-elements': 'extraElements',
  'transform-chain': 'transformChain',
  'untransformed-value': 'untransformedValue',
} as const

function assertSame(result: Result, recorded: Recorded, what: string): void {
  assert.equal({ pass: 0, fail: 1, error: 1, skip: 2 }[result.outcome], recorded.result, what)
  if (recorded.varies === true || result.outcome === 'skip') return
  const written = JSON.parse(writeResults('json', [result], run, plainStyle).text) as { results: Record<string, unknown>[] }
  const [ours = {}] = written.results
  // A result that goss could not write has lost these.
  if (recorded.err !== null || 'err' in ours) assert.equal(ours['err'] ?? null, recorded.err, what)
  for (const name of Object.keys(members))
    assert.deepEqual(
      (ours['matcher-result'] as Record<string, unknown> | undefined)?.[name] ?? null,
      shortened(recorded.matcher?.[name] ?? null, ours, name),
      `${what}: ${name}`,
    )
  if (recorded.summary !== null && !recorded.summary.includes('<LONG'))
    assert.equal(timeless(ours['summary-line-compact']), recorded.summary, what)
}

/** Times were masked, wherever they stand. */
function timeless(line: unknown): string {
  return String(line).replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<TIME>')
}

/** Long texts were recorded by their length alone. */
function shortened(wanted: unknown, ours: Record<string, unknown>, name: string): unknown {
  return (JSON.stringify(wanted) ?? '').includes('<LONG') ? (ours['matcher-result'] as Record<string, unknown>)[name] : wanted
}

function bytesOf(buffer: Buffer): Bytes {
  const size = buffer.length
  const content = buffer.toString('utf8')
  return Buffer.from(content).equals(buffer)
    ? { text: content, size, cut: false }
    : { base64: buffer.toString('base64'), size, cut: false }
}

function masked(written: string): string {
  return written
    .replaceAll(/\b(time)="(?:<DUR>|[\d.]+)"/g, '$1=""')
    .replaceAll(/timestamp="[^"]*"/g, 'timestamp=""')
    .replaceAll(/(?:"(?:start|end)-time":")(?:<TIME>|[^"]*)"/g, '"time":""')
    .replaceAll(/"((?:total-)?duration)": ?(?:"<DUR>"|\d+)/g, '"$1":0')
    .replaceAll(/Duration: (?:<DUR>|[\d.]+s)/g, 'Duration:')
    .replaceAll(/^(goss_tests_\w+_milliseconds\{[^}]*\}) (?:<DUR>|[\d.]+)$/gm, '$1')
}

/** What failed or was skipped, without blanks at ends and without what was read by lines. */
function withoutReaders(written: string): string {
  return written
    .slice(Math.max(written.indexOf('Failures/Skipped:'), 0))
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n+/g, '\n')
    .split(/^(?=Matching: |Title: |Total Duration)/m)
    .filter((part) => !/^Matching: \w*reader/.test(part) && !part.startsWith('Total Duration'))
    .join('')
    .trim()
}

function text(path: string): string {
  return readFileSync(new URL(path, corpus), 'utf8')
}
