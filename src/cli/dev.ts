import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT, type Command, type Io } from './command.ts'
import { buildGate } from './dev/build-gate.ts'

const root = join(import.meta.dirname, '..', '..')
const bin = join(root, 'node_modules', '.bin')

const reporter = join(import.meta.dirname, 'dev', 'reporter.ts')

const help = `usage: runproof dev <task>

For people who work on Runproof itself.

  test [FILTER…]   all tests, or those whose path holds a filter; ends with the runner's tally
  types            the type checker
  lint             the linter
  format           is every file formatted?
  check            types, lint and format
  fix              format and what the linter can mend
  gate             compile catalogue/gate with opa (on PATH) into its checked-in plan
  coverage         all tests, with line coverage
  conformance FILE run an archive of OPA's conformance cases through our evaluator
  conformance-state DIR
                   run goss's recorded answers against our state checks; --only PART, --program FILE, --parallel N, --full
  vm [12] [13]     attack guard in virtual machines with Debian's kernels; --verbose
  bench [NAME…]    measure, against a floor measured in the same run; --quick, --json
  fuzz             feed every reader with damaged input; --seconds N, --target NAME, --seed S
  crash            kill the service under load, again and again; --kills N, --requests N, --seed S

examples:
  ./runproof dev test core/judge
  ./runproof dev check`

type Task = (rest: readonly string[], io: Io) => Promise<number> | number

const tasks: ReadonlyMap<string, Task> = new Map<string, Task>([
  ['test', (rest, io) => runTests(rest, [], io)],
  ['coverage', (rest, io) => runTests(rest, ['--experimental-test-coverage', '--test-coverage-exclude=**/*.test.ts'], io)],
  ['types', () => run('tsc', ['-p', 'tsconfig.json'])],
  ['lint', () => run('oxlint', ['--type-aware', '--deny-warnings', '.'])],
  ['format', () => run('oxfmt', ['--check', '.'])],
  [
    'check',
    async () =>
      await inOrder([
        () => run('tsc', ['-p', 'tsconfig.json']),
        () => run('oxlint', ['--type-aware', '--deny-warnings', '.']),
        () => run('oxfmt', ['--check', '.']),
      ]),
  ],
  ['fix', async () => inOrder([() => run('oxlint', ['--type-aware', '--fix', '.']), () => run('oxfmt', ['.'])])],
  ['gate', (_rest, io) => buildGate(root, io)],
  ['conformance', (rest) => run(process.execPath, [join('test', 'conformance', 'opa.ts'), ...rest])],
  ['conformance-state', (rest) => run(process.execPath, [join('test', 'conformance', 'state.ts'), ...rest])],
  ['vm', (rest) => run(process.execPath, [join('test', 'vm', 'run.ts'), ...rest])],
  ['bench', (rest) => run(process.execPath, [join('bench', 'run.ts'), ...rest])],
  ['fuzz', (rest) => run(process.execPath, [join('test', 'fuzz', 'run.ts'), ...rest])],
  ['crash', (rest) => run(process.execPath, [join('test', 'crash', 'run.ts'), ...rest])],
])

export const dev: Command = {
  name: 'dev',
  summary: 'tests, types, lint, format: for people who work on Runproof',
  help,
  async run(argv, io) {
    const [name = '', ...rest] = argv
    const task = tasks.get(name)
    if (!task) {
      io.err(help)
      return EXIT.usage
    }
    return task(rest, io)
  },
}

/** Files whose tests start processes or hold process-wide state; they get a process of their own. */
const isolated = /(^|[\\/])(test|bench|store|keys)[\\/]|\.slow\.test\.ts$/

/** Two runs of node's own runner: most files share one process (fast), a few need their own. Ends with the tally of both. */
async function runTests(filters: readonly string[], flags: readonly string[], io: Io): Promise<number> {
  const files = globSync('{core,src,verify,test,samples,bench}/**/*.test.ts', { cwd: root })
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort()
  if (files.length === 0) {
    io.err(`runproof dev test: no test file matches ${filters.join(', ')}`)
    return EXIT.could_not
  }
  const scratch = mkdtempSync(join(tmpdir(), 'runproof-test-'))
  const shared = ['--test', `--test-reporter=${reporter}`, '--test-reporter-destination=stdout', ...flags]
  const runs = [
    [...shared, '--test-isolation=none', ...files.filter((file) => !isolated.test(file))],
    [...shared, '--test-concurrency=2', ...files.filter((file) => isolated.test(file))],
  ].filter((args) => args.some((arg) => arg.endsWith('.test.ts')))
  const tallies = runs.map((_, index) => join(scratch, `${index}.json`))
  const code = await inOrder(
    runs.map((args, index) => () => run(process.execPath, args, { RUNPROOF_TALLY: tallies[index] ?? '' })),
  )
  const { passed, failed, skipped } = sumOf(tallies)
  rmSync(scratch, { recursive: true })
  io.out(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (passed + failed > 0) return code
  io.err('runproof dev test: no test ran')
  return EXIT.could_not
}

/** What the runs counted; a run that died before it could count is a failure. */
function sumOf(tallies: readonly string[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const path of tallies) {
    const counted = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as typeof sum)
      : { passed: 0, failed: 1, skipped: 0 }
    sum.passed += counted.passed
    sum.failed += counted.failed
    sum.skipped += counted.skipped
  }
  return sum
}

/** All of them, also after one has failed; the worst exit code. */
async function inOrder(steps: readonly (() => Promise<number> | number)[]): Promise<number> {
  let worst = 0
  for (const step of steps) worst = Math.max(worst, await step())
  return worst
}

function run(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<number> {
  const env = { ...process.env, ...more, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** Whether a program can be started; tests of other people's tools skip visibly where it cannot. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}
