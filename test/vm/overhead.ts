/**
 * What the sensor costs, as a table in Markdown: CPU time per operation, the least of interleaved rounds, with nothing loaded as the
 * floor of the same run. `node test/vm/overhead.ts [ROUNDS]`; needs root.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilePolicy } from '../../src/guard/policy/compile.ts'
import { builtSensor } from '../../src/guard/probes/ebpf/binary.ts'
import { Sensor } from '../../src/guard/probes/ebpf/sensor.ts'
import { sensorPolicy } from '../../src/guard/probes/ebpf/sensor-policy.ts'

const operations = ['openat_close', 'getppid', 'udp_connect', 'exec_wait'] as const
type Costs = Readonly<Record<(typeof operations)[number], number>>
type Setup = {
  readonly name: string
  readonly isLoaded: boolean
  readonly rules: number
  readonly emitAll?: boolean
  readonly isWithoutCgroup?: boolean
}

const setups: readonly Setup[] = [
  { name: 'nothing loaded', isLoaded: false, rules: 0 },
  { name: 'loaded, process not guarded', isLoaded: true, rules: 0 },
  { name: 'guarded, 10 rules', isLoaded: true, rules: 10 },
  { name: 'guarded, 1,000 rules', isLoaded: true, rules: 1000 },
  { name: 'guarded, 10,000 rules', isLoaded: true, rules: 10_000 },
  { name: 'guarded, 1,000 rules, no cgroup hooks', isLoaded: true, rules: 1000, isWithoutCgroup: true },
  { name: 'guarded, every act told', isLoaded: true, rules: 10, emitAll: true },
]

const folder = mkdtempSync(join(tmpdir(), 'runproof-cost-'))
try {
  await main(Number(process.argv[2] ?? 6))
} finally {
  rmSync(folder, { recursive: true })
}

async function main(rounds: number): Promise<void> {
  const program = join(folder, 'rp-cost')
  copyFileSync(join(builtSensor, '..', 'rp-attack'), program)
  const least = new Map<string, Costs>()
  for (let round = 0; round < rounds; round++)
    for (const setup of setups) {
      const costs = await costsOf(setup, program)
      const before = least.get(setup.name)
      least.set(setup.name, before === undefined ? costs : lesser(before, costs))
    }
  const floor = least.get(setups[0]?.name ?? '')
  const lines = [...least].map(
    ([name, costs]) =>
      `| ${name} | ${operations.map((operation) => cell(costs[operation], floor?.[operation] ?? 0)).join(' | ')} |`,
  )
  const head = ['| configuration | openat + close | getppid | UDP connect | exec + wait |', '| --- | --- | --- | --- | --- |']
  process.stdout.write(
    `Kernel ${release()}, least of ${rounds} interleaved rounds, ns of CPU time (× the floor).\n\n${[...head, ...lines].join('\n')}\n`,
  )
}

async function costsOf({ isLoaded, rules, emitAll = false, isWithoutCgroup = false }: Setup, program: string): Promise<Costs> {
  const measure = (): Costs => JSON.parse(execFileSync(program, ['cost', '/etc/hostname', '4711'], { encoding: 'utf8' })) as Costs
  if (!isLoaded) return measure()
  const nothing = (): void => {}
  const sensor = await Sensor.start(
    { binary: builtSensor, isWithoutCgroup },
    { event: nothing, heartbeat: nothing, fault: nothing, modeActive: nothing, ended: nothing },
  )
  try {
    await sensor.setPolicy(sensorPolicy(policyOf(rules), { generation: 1, modeOf: () => 'audit', emitAll }))
    return measure()
  } finally {
    await sensor.stop()
  }
}

/** A third whole paths, a third folders, a third starts of names; half as many addresses. */
function policyOf(rules: number): ReturnType<typeof compilePolicy> {
  const files = Array.from({ length: rules }, (_, i) => [`/srv/a${i}/file`, `/srv/b${i}/*`, `/srv/c${i}*`][i % 3] ?? '')
  const networks = Array.from({ length: Math.min(rules / 2, 5000) }, (_, i) => `10.${i >> 8}.${i & 255}.0/24:443`)
  const entry =
    rules === 0
      ? { blocked_files: ['/nothing'] }
      : { blocked_files: files, blocked_network: networks, blocked_syscalls: ['ptrace'] }
  return compilePolicy({
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    alerts: { on_violation: [], on_critical: [] },
    processes: { [rules === 0 ? 'rp-nobody' : 'rp-cost']: entry },
  })
}

function lesser(a: Costs, b: Costs): Costs {
  return Object.fromEntries(operations.map((operation) => [operation, Math.min(a[operation], b[operation])])) as Costs
}

function cell(cost: number, floor: number): string {
  return `${Math.round(cost).toLocaleString('en')} (${(cost / floor).toFixed(2)})`
}
