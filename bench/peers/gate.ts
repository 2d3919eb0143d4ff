import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decide } from '../../core/judge/gate.ts'
import { resolve } from '../../core/judge/resolve.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { median, rounded, type BenchOptions } from '../bench.ts'
import { gateQuestion } from '../gate.ts'
import { gate, manifest } from '../subject.ts'
import type { Part } from './part.ts'
import { toolAt } from './tools.ts'

const sources = join(import.meta.dirname, '..', '..', 'catalogue', 'gate', 'gate.rego')
const DECISION = 'data.runproof.gate.decision'

/** The gate that ships over 1,000 findings: by our evaluator, and by native OPA from its sources. Each measures itself, warm, in turn. */
export function gateBesideOpa({ quick, scale }: BenchOptions): Part {
  const opa = toolAt('opa')
  if (opa === null) return { absent: 'OPA (opa is not on PATH)' }
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  try {
    const question = gateQuestion(Math.max(10, Math.round(1_000 * scale)))
    const input = join(folder, 'input.json')
    writeFileSync(input, JSON.stringify(question))
    assertSame(asked(opa, 'eval', input), question)
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < Math.max(1, Math.round((quick ? 2 : 5) * scale)); round++) {
      ours.push(ownMs(question))
      theirs.push(opaMs(asked(opa, 'bench', input)))
    }
    const version = /Version: (\S+)/.exec(run(opa, ['version']))?.[1] ?? 'of unknown version'
    return {
      figures: { gate_ms_1000: rounded(median(ours)), opa_gate_ms_1000: rounded(median(theirs)) },
      said: `OPA ${version} takes ${rounded(median(theirs) / median(ours))} times as long as our gate, which reads its plan anew each time`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The median of as many decisions as `opa bench` takes in its second, about. */
function ownMs(question: JsonValue): number {
  const resolved = resolve(manifest)
  const times = Array.from({ length: 30 }, () => {
    const start = performance.now()
    decide(gate, question, resolved)
    return performance.now() - start
  })
  return median(times)
}

function asked(opa: string, how: 'eval' | 'bench', input: string): string {
  return run(opa, [how, '--data', sources, '--input', input, '--format', 'json', DECISION])
}

function opaMs(printed: string): number {
  const { Extra: measured } = JSON.parse(printed) as { readonly Extra: Readonly<Record<string, number>> }
  const nanos = measured['histogram_timer_rego_query_eval_ns_median']
  if (nanos === undefined || !(nanos > 0)) throw new Error(`opa bench printed no median: ${printed}`)
  return nanos / 1e6
}

function assertSame(printed: string, question: JsonValue): void {
  const { result } = JSON.parse(printed) as {
    readonly result?: readonly { readonly expressions: readonly { readonly value: JsonValue }[] }[]
  }
  const theirs = result?.[0]?.expressions[0]?.value
  const ours = decide(gate, question, resolve(manifest)) as unknown as JsonValue
  if (theirs === undefined || jcs(theirs) !== jcs(ours)) throw new Error('OPA decides otherwise than our gate')
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${program} ${args[0] ?? ''} failed: ${error?.message ?? stderr}`)
  return stdout
}
