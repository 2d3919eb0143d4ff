import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { HANG_MS, nameOf, type Budget, type Outcome } from './engine.ts'
import { targetNamed, targets } from './targets/registry.ts'
import { HEADER_BYTES, SHARED_BYTES, type Job } from './worker.ts'

export const crasherFolder = join(import.meta.dirname, '..', '..', 'vectors', 'crashers')

const help = `usage: node test/fuzz/run.ts [options]

Feeds every reader of outside data with damaged input. Whatever is found is saved, as small as it could be made, in
vectors/crashers/<target>/, which the tests replay from then on.

  --target NAME   only this one; repeat for more
  --seconds N     for each target; default 30
  --inputs N      so many inputs for each target instead, without coverage: the same seed gives the same run
  --quick         the number of inputs that the tests use
  --seed S        a whole number; default 1
  --outcomes      also list what became of the inputs
  --no-save       save nothing

exit codes: 0 nothing found, 1 something found, 64 wrong usage`

type Lines = { readonly out: (text: string) => void; readonly err: (text: string) => void }

/** The command line; resolves to the exit code. One target after the other. */
export async function runFuzz(argv: readonly string[], io: Lines): Promise<number> {
  const options = optionsOf(argv)
  if (typeof options === 'string') {
    io.err(`${options}\n\n${help}`)
    return 64
  }
  const { names, budgetOf, outcomes, save } = options
  io.out(row(['target', 'inputs', 'new paths', 'slowest', 'heap', 'crashers']))
  const thread = startThread()
  let found = 0
  for (const name of names) {
    const outcome = await thread.run(name, budgetOf(name))
    found += outcome.crashers.length
    const { inputs, newPaths, slowestMs, heapGrowthMiB, crashers, tally } = outcome
    io.out(row([name, `${inputs}`, `${newPaths}`, `${slowestMs} ms`, `${heapGrowthMiB} MiB`, `${crashers.length}`]))
    if (outcomes) for (const [what, count] of [...tally].sort((a, b) => b[1] - a[1])) io.out(`    ${count} ${what}`)
    if (slowestMs > SLOW_MS) io.out(`  the slowest input is ${keptAside(name, outcome.slowest)}`)
    for (const { why, input } of crashers)
      io.out(`  ${save ? saved(name, input) : nameOf(input)}: ${why.split('\n').slice(0, 6).join('\n    ')}`)
  }
  await thread.end()
  io.out(found === 0 ? 'nothing found' : `${found} found`)
  return found === 0 ? 0 : 1
}

type Options = {
  readonly names: readonly string[]
  readonly budgetOf: (name: string) => Budget
  readonly outcomes: boolean
  readonly save: boolean
}

function optionsOf(argv: readonly string[]): Options | string {
  const whole = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        target: { type: 'string', multiple: true },
        ...{ seconds: whole, inputs: whole, seed: whole },
        ...{ quick: flag, outcomes: flag, 'no-save': flag },
      },
    })
    const names = values.target ?? targets.map(({ name }) => name)
    names.forEach(targetNamed)
    const seed = numberOf(values.seed, 1)
    const seconds = numberOf(values.seconds, 30)
    const inputs = values.inputs === undefined ? null : numberOf(values.inputs, 0)
    const budgetOf = (name: string): Budget => {
      const most = values.quick ? targetNamed(name).quick : inputs
      return { seed, seconds, inputs: most, guided: most === null }
    }
    return { names, budgetOf, outcomes: values.outcomes, save: !values['no-save'] }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function numberOf(text: string | undefined, otherwise: number): number {
  if (text !== undefined && !/^\d{1,9}$/.test(text)) throw new Error(`${JSON.stringify(text)} is no whole number`)
  return text === undefined ? otherwise : Number(text)
}

/** Runs targets one after the other in one thread; a new one after one that hung or died. */
type Thread = {
  readonly run: (target: string, budget: Budget) => Promise<Outcome>
  readonly end: () => Promise<void>
}

function startThread(): Thread {
  let worker: Worker | null = null
  return {
    async run(target, budget) {
      worker ??= new Worker(new URL('worker.ts', import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: 1500, stackSizeMb: 1 },
      })
      const answer = await answerOf(worker, target, budget)
      if (answer.isAlive) return answer.outcome
      await worker.terminate()
      worker = null
      return answer.outcome
    },
    async end() {
      await worker?.terminate()
    },
  }
}

type Answer = { readonly outcome: Outcome; readonly isAlive: boolean }

/** A thread that neither ends nor takes a next input hangs on the one that it shows; so does one that runs out of memory. */
function answerOf(worker: Worker, target: string, budget: Budget): Promise<Answer> {
  const shared = new SharedArrayBuffer(SHARED_BYTES)
  const header = new Int32Array(shared, 0, 2)
  return new Promise((resolve, reject) => {
    let [last, since] = [0, performance.now()]
    const finish = (): void => {
      clearInterval(watch)
      worker.off('error', onError).off('message', onOutcome)
    }
    const fail = (why: string): void => {
      finish()
      const inputs = Atomics.load(header, 0)
      if (inputs === 0) return reject(new Error(`${target} could not start: ${why}`))
      const input = new Uint8Array(shared, HEADER_BYTES, Atomics.load(header, 1)).slice()
      const none = { newPaths: 0, slowestMs: 2 * HANG_MS, slowest: input, heapGrowthMiB: 0, tally: new Map() }
      resolve({ outcome: { inputs, ...none, crashers: [{ why, input }] }, isAlive: false })
    }
    const onError = (error: unknown): void => fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
    const onOutcome = (outcome: Outcome): void => {
      finish()
      resolve({ outcome, isAlive: true })
    }
    const watch = setInterval(() => {
      const now = Atomics.load(header, 0)
      if (now !== last) [last, since] = [now, performance.now()]
      else if (now > 0 && performance.now() - since > 2 * HANG_MS) fail(`no answer for ${(2 * HANG_MS) / 1000} s`)
    }, 500)
    worker.once('error', onError).once('message', onOutcome)
    const job: Job = { target, budget, shared }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(job)
  })
}

/** No failure, but worth a look. */
const SLOW_MS = 2000

function keptAside(target: string, input: Uint8Array): string {
  const path = join(tmpdir(), `runproof-slow-${target}`)
  writeFileSync(path, input)
  return path
}

function saved(target: string, input: Uint8Array): string {
  const folder = join(crasherFolder, target)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, nameOf(input)), input)
  return `vectors/crashers/${target}/${nameOf(input)}`
}

function row([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(20) + cells.map((cell) => cell.padStart(11)).join('')
}

if (import.meta.main) {
  const lines: Lines = { out: (text) => stdout.write(`${text}\n`), err: (text) => stderr.write(`${text}\n`) }
  process.exitCode = await runFuzz(process.argv.slice(2), lines)
}
