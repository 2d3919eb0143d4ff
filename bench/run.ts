import { parseArgs } from 'node:util'
import { assessBench } from './assess.ts'
import type { Bench, Result } from './bench.ts'
import { gateBench } from './gate.ts'
import { guardBench } from './guard.ts'
import { ingestBench } from './ingest.ts'
import { peersBench } from './peers.ts'
import { queryBench } from './query.ts'
import { startupBench } from './startup.ts'
import { stateBench } from './state.ts'
import { verifyBench } from './verify.ts'

export const benches: readonly Bench[] = [
  assessBench,
  gateBench,
  verifyBench,
  startupBench,
  ingestBench,
  queryBench,
  stateBench,
  guardBench,
  peersBench,
]

export type BenchIo = { readonly out: (text: string) => void; readonly err: (text: string) => void }

/**
 * Runs the named benches, or all. Measured, never judged: there is no time at which it fails. `--json` prints one object a bench,
 * `{"bench", "figures", "note"}`, as soon as it is done. Resolves to the exit code: 0, or 64 for wrong usage.
 */
export async function runBenches(argv: readonly string[], io: BenchIo): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const known = benches.map(({ name }) => name)
  const unknown = positionals.find((name) => !known.includes(name))
  const scale = Number(values.scale)
  if (unknown !== undefined || !(scale > 0 && scale <= 1)) {
    io.err(`usage: npm run bench -- [${known.join(' | ')}…] [--quick] [--json] [--scale 0…1]`)
    return 64
  }
  for (const bench of benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const result = await bench.run({ quick: values.quick, scale })
    if (values.json) io.out(JSON.stringify({ bench: bench.name, ...result }))
    else for (const line of tableOf(bench, result)) io.out(line)
  }
  return 0
}

const options = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  scale: { type: 'string', default: '1' },
} as const

function tableOf({ name, figures: meanings }: Bench, { figures, note }: Result): string[] {
  const rows = Object.entries(figures).map(
    ([key, value]) => `  ${key.padEnd(30)}${value.toLocaleString('en-US').padStart(12)}  ${meanings[key] ?? ''}`,
  )
  return [name, ...rows, `  ${note}`, '']
}

if (import.meta.main) {
  process.exitCode = await runBenches(process.argv.slice(2), {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
  })
}
