import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { besiege } from './requests/siege.ts'
import { killAgainAndAgain, type CrashResult } from './rounds.ts'

const help = `usage: node test/crash/run.ts [--kills N | --requests N] [--seed S] [--keep]

Kills a service under load, at random moments, and holds it to what it had acknowledged, judged and logged before it
died. Or sends it what nobody should, and holds it to answering in words. The seed gives the same moments, batches and
requests; how far the machine gets in between differs.

  --kills N      so many times; default 20
  --requests N   no kills, but so many requests: malformed, half, slow, and as the served OpenAPI document has them
  --keep         keep the data folder, and say where it is

exit codes: 0 nothing was lost, 1 something was, 64 wrong usage`

/** One line a kill, then what is wrong, then the tally. */
export async function runCrash(
  argv: readonly string[],
  io: { out(line: string): void; err(line: string): void },
): Promise<number> {
  const options = optionsOf(argv)
  if (options === null) {
    io.err(help)
    return 64
  }
  const { kills, requests, seed, keep } = options
  io.out(`seed ${seed}`)
  const data = mkdtempSync(join(tmpdir(), 'runproof-crash-'))
  const { problems, tally } = requests === null ? await killed(kills, seed, data, io) : await besieged(requests, seed, data, io)
  for (const problem of problems.slice(0, MOST_SHOWN)) io.out(problem)
  if (problems.length > MOST_SHOWN) io.out(`… and ${problems.length - MOST_SHOWN} more`)
  if (keep) io.out(data)
  else rmSync(data, { recursive: true })
  io.out(tally)
  return problems.length === 0 ? 0 : 1
}

type Lines = { readonly out: (line: string) => void; readonly err: (line: string) => void }
type Ended = { readonly problems: readonly string[]; readonly tally: string }

async function killed(kills: number, seed: number, data: string, io: Lines): Promise<Ended> {
  const result = await killAgainAndAgain({ kills, seed, data, say: io.out })
  return { problems: problemsOf(result), tally: tallyOf(result) }
}

async function besieged(requests: number, seed: number, data: string, io: Lines): Promise<Ended> {
  const { wrong, tally, memory, slowestMs } = await besiege({ data, requests, seed })
  for (const [what, count] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) io.out(`${String(count).padStart(8)} ${what}`)
  io.out(
    `memory ${memory.warm} MB after half of it, ${memory.end} MB at the end; /livez after ${Math.round(slowestMs)} ms at most`,
  )
  return { problems: wrong, tally: `${requests} requests, ${wrong.length} answered wrongly` }
}

const MOST_SHOWN = 50

export function problemsOf({ lost, duplicated, brokenProofs, changedVerdicts, other }: CrashResult): readonly string[] {
  return [...lost.map((what) => `lost: ${what}`), ...duplicated, ...brokenProofs, ...changedVerdicts, ...other]
}

/** The line that people and scripts look for. */
export function tallyOf({ kills, lost, duplicated, brokenProofs, changedVerdicts }: CrashResult): string {
  return `${kills} kills, ${lost.length} lost, ${duplicated.length} duplicated, ${brokenProofs.length} broken proofs, ${changedVerdicts.length} verdicts changed`
}

type Options = { readonly kills: number; readonly requests: number | null; readonly seed: number; readonly keep: boolean }

function optionsOf(argv: readonly string[]): Options | null {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean', default: false } as const
    const { values } = parseArgs({ args: [...argv], options: { kills: text, requests: text, seed: text, keep: flag } })
    const [kills, requests] = [Number(values.kills ?? 20), Number(values.requests ?? 1)]
    const seed = Number(values.seed ?? Date.now() % 1_000_000)
    const isWell = [kills, requests].every((number) => Number.isSafeInteger(number) && number > 0) && Number.isSafeInteger(seed)
    return isWell ? { kills, requests: values.requests === undefined ? null : requests, seed, keep: values.keep } : null
  } catch {
    return null
  }
}

if (import.meta.main) {
  const io = { out: (line: string) => stdout.write(`${line}\n`), err: (line: string) => stderr.write(`${line}\n`) }
  process.exitCode = await runCrash(process.argv.slice(2), io)
}
