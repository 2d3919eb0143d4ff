import { cover } from '../core/judge/cover.ts'
import { decide, gateInput } from '../core/judge/gate.ts'
import { resolve } from '../core/judge/resolve.ts'
import type { Finding } from '../core/model/judgement.ts'
import type { JsonValue } from '../core/proof/jcs.ts'
import { sha256Hex } from '../core/proof/sha256.ts'
import { median, rounded, timed, type Bench, type BenchOptions, type Result } from './bench.ts'
import { gate, manifest, window } from './subject.ts'

/** The default gate over ten controls: plan read and compiled, evaluated, answer checked. */
export const gateBench: Bench = {
  name: 'gate',
  figures: { ms_1000: '1,000 findings over ten controls', ms_100000: '100,000 findings' },
  run: measure,
}

/** What the gate is asked about that many findings. */
export function gateQuestion(count: number): JsonValue {
  const resolved = resolve(manifest)
  const findings = Array.from({ length: count }, (_, index) => findingOf(index, resolved.controls[index % 10]?.id ?? null))
  const covered = cover(resolved, [], window)
  return gateInput({ manifest, resolved, findings, covered, blindSpots: {}, tally: new Map(), window, evaluatedAt: window.end })
}

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  const resolved = resolve(manifest)
  const ask = async (findings: number, rounds: number): Promise<number> => {
    const input = gateQuestion(Math.max(10, Math.round(findings * scale)))
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push((await timed(() => decide(gate, input, resolved))).ms)
    return median(times)
  }
  const small = await ask(1_000, quick ? 40 : 100)
  const large = await ask(100_000, quick ? 3 : 7)
  return {
    figures: { ms_1000: rounded(small), ms_100000: rounded(large) },
    note: `${rounded(large / small)} times as long for 100 times as many`,
  }
}

function findingOf(index: number, control: string | null): Finding {
  return {
    control,
    fingerprint: `rpf1:${sha256Hex(String(index))}`,
    identity: {
      application: 'payments',
      environment: 'prod',
      cluster: null,
      namespace: 'payments',
      workload: 'ledger',
      action: 'open',
      executable: '/usr/bin/cat',
      target: { type: 'path', path: `/srv/data/region-${index % 10}/${index}`, partial: false },
    },
    workloads: ['payments/ledger'],
    attributed: true,
    because: 'denied',
    severity: (['info', 'low', 'medium', 'high', 'critical'] as const)[index % 5] ?? 'low',
    confidence: index % 7 === 0 ? 0.6 : 1,
    placed: true,
    excepted: null,
    waivedBy: index % 11 === 0 ? ['w-1'] : [],
    recurrence: 'new',
    count: 1 + (index % 9),
    first: null,
    last: null,
    sensors: [{ sensor: 'falco', rules: ['Read sensitive file untrusted'], count: 1 }],
    effects: { prevented: 0, terminated: 0, observed: 1, unknown: 0 },
    samples: [],
  }
}
