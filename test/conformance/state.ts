import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../../src/cli/table.ts'
import { casesIn, fixturesOf, type Case } from './state/cases.ts'
import { plainDebian, runInside, whyNot } from './state/chroot.ts'
import { compare, type Difference } from './state/compare.ts'
import type { Done } from './state/inside.ts'

const VERSION = '0.4.10'
const CASE_LIMIT_MS = 300_000
const SHOWN = 1200

type Exception = { readonly case: string; readonly run: string; readonly reason: string }
type Verdict = 'right' | 'wrong' | 'excepted' | 'not applicable'
type Outcome = {
  readonly group: string
  readonly name: string
  readonly verdict: Verdict
  readonly results: number
  readonly differences: readonly Difference[]
}

/**
 * Runs every recorded case below a folder through our command line in the dialect of goss (or another program, to check the harness),
 * each as root of a plain Debian 12 without a network, and compares with what goss answered.
 * @returns the exit code: 0, also where no such Debian can be made here (which is said); 1 when an answer is wrong or there is no case
 */
export async function runStateConformance(folder: string, options: Options, out: (text: string) => void): Promise<number> {
  const obstacle = whyNot()
  if (obstacle !== null) {
    out(`skipped: ${obstacle}`)
    return 0
  }
  const root = plainDebian(out)
  const cases = casesIn(folder, VERSION).filter(
    ({ id }) => options.only.length === 0 || options.only.some((part) => id.includes(part)),
  )
  const outcomes: Outcome[] = []
  const waiting = [...cases]
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift())
      outcomes.push(...(await runCase(one, root, fixturesOf(folder), options)))
  }
  await Promise.all(Array.from({ length: options.parallel }, worker))
  return report(outcomes, options, out)
}

export type Options = {
  readonly program: string | null
  readonly only: readonly string[]
  readonly parallel: number
  readonly full: boolean
}

async function runCase(one: Case, root: string, fixtures: string | null, { program }: Options): Promise<readonly Outcome[]> {
  const { id, group, folder, runs, needsServer } = one
  const name = (run: string): string => `${id} ${run}`
  const none = (run: string): Outcome => ({ group, name: name(run), verdict: 'not applicable', results: 0, differences: [] })
  if (runs.every(({ answers }) => answers.length === 0) || (needsServer && fixtures === null))
    return runs.map((run) => none(run.name))
  const out = mkdtempSync(join(tmpdir(), 'runproof-state-case-'))
  const ours = ['/opt/node', '/opt/runproof/src/main.ts', 'state', '--goss-compat']
  const ended = await runInside({
    root,
    binds: {
      '/opt/case': folder,
      '/opt/out': out,
      ...(fixtures === null ? {} : { '/opt/fixtures': fixtures }),
      ...(program === null ? {} : { '/opt/program': resolve(program) }),
    },
    argv: ['/opt/node', '/opt/runproof/test/conformance/state/inside.ts', ...(program === null ? ours : ['/opt/program'])],
    timeoutMs: CASE_LIMIT_MS,
  })
  const done = ended.code === 0 ? (JSON.parse(readFileSync(join(out, 'runs.json'), 'utf8')) as readonly Done[]) : []
  rmSync(out, { recursive: true })
  return runs.map((run) => {
    const ran = done.find((one) => one.name === run.name)
    if (run.answers.length === 0) return none(run.name)
    const { differences, results } =
      ran === undefined
        ? { differences: [{ where: 'session', expected: 'an end', got: `${ended.code} ${ended.stderr}` }], results: 0 }
        : compare(ran, run.answers)
    const isListed = exceptions.some((exception) => exception.case === id && exception.run === run.name)
    const verdict = differences.length === 0 ? 'right' : isListed ? 'excepted' : 'wrong'
    return { group, name: name(run.name), verdict, results, differences }
  })
}

function report(outcomes: readonly Outcome[], { full }: Options, out: (text: string) => void): number {
  const wrong = outcomes.filter(({ verdict }) => verdict === 'wrong')
  for (const { name, differences } of wrong) {
    out(`wrong: ${name} (${differences.length})`)
    for (const { where, expected, got } of full ? differences : differences.slice(0, 3))
      out(`  ${where}\n    goss: ${shortened(expected)}\n    ours: ${shortened(got)}`)
  }
  for (const { case: id, run, reason } of exceptions)
    if (outcomes.some(({ name, verdict }) => name === `${id} ${run}` && verdict === 'excepted'))
      out(`excepted: ${id} ${run}: ${reason}`)
  const groups = [...new Set(outcomes.map(({ group }) => group))].sort()
  const row = (name: string, of: readonly Outcome[]): readonly string[] => {
    const count = (verdict: Verdict): string => String(of.filter((one) => one.verdict === verdict).length)
    const results = of.reduce((sum, one) => sum + (one.verdict === 'right' ? one.results : 0), 0)
    return [name, count('right'), count('wrong'), count('excepted'), count('not applicable'), String(results)]
  }
  const rows = groups.map((group) =>
    row(
      group,
      outcomes.filter((one) => one.group === group),
    ),
  )
  for (const line of table(
    ['group', 'right', 'wrong', 'excepted', 'not applicable', 'results in right'],
    [...rows, row('total', outcomes)],
  ))
    out(line)
  return wrong.length > 0 || outcomes.length === 0 ? 1 : 0
}

function shortened(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}

const { runs: exceptions } = JSON.parse(readFileSync(join(import.meta.dirname, 'state', 'exceptions.json'), 'utf8')) as {
  readonly runs: readonly Exception[]
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      program: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      parallel: { type: 'string', default: String(Math.min(4, availableParallelism())) },
      full: { type: 'boolean', default: false },
    },
  })
  const [folder] = positionals
  if (folder === undefined)
    throw new Error('usage: npm run conformance:state -- DIR [--only PART] [--program FILE] [--parallel N] [--full]')
  const { program = null, only, parallel, full } = values
  process.exitCode = await runStateConformance(folder, { program, only, parallel: Number(parallel), full }, (text) => {
    process.stdout.write(`${text}\n`)
  })
}
