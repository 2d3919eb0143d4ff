// What tests of the eBPF sensor begin with: a sensor built once, workloads under names of their own, a place for them to misbehave in.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { KernelBeat, KernelEvent } from '../../src/guard/probes/ebpf/decode.ts'
import { Sensor, type SensorOptions } from '../../src/guard/probes/ebpf/sensor.ts'
import type { ModeActive } from '../../src/guard/probes/ebpf/words.ts'
import { scratch } from '../sample.ts'

const bpf = join(import.meta.dirname, '..', '..', 'bpf')
export const sensorBinary = join(bpf, 'build', 'runproof-sensor')
const attackBinary = join(bpf, 'build', 'rp-attack')

/** False, or why the sensor cannot run here. Builds it, which does nothing when it is there already. */
export const skip: string | false = whyNot()

function whyNot(): string | false {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    return 'the eBPF sensor is for Linux on x86-64 and arm64'
  if (process.getuid?.() !== 0) return 'loading eBPF programs needs root'
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF'
  const missing = ['clang', 'bpftool', 'gcc', 'make'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  if (missing.length > 0 && !existsSync(sensorBinary)) return `no ${missing.join(', ')} to build the sensor with`
  const made = missing.length > 0 ? null : spawnSync('make', ['-s', '-C', bpf], { encoding: 'utf8' })
  if (made !== null && made.status !== 0) return `the sensor cannot be built here: ${made.stderr.trim().split('\n').at(-1)}`
  const tried = spawnSync(sensorBinary, ['--json'], { input: '', encoding: 'utf8', timeout: 60_000 })
  return tried.stdout.includes('"frame":"hello"')
    ? false
    : `the sensor cannot be loaded here: ${tried.stderr.trim().split('\n').at(-1)}`
}

export type Outcome = {
  readonly case: string
  readonly outcome: string
  readonly errno: number
  readonly effect: boolean
  readonly pid: number
}
export type Workload = {
  /** Its name to a policy. */
  readonly name: string
  readonly path: string
  readonly folder: string
  readonly port: number
  readonly attack: (name: string) => Promise<Outcome>
  readonly run: (...args: readonly string[]) => Promise<string>
  /** Makes the files that are attacked anew. */
  readonly setUp: () => void
}

const run = promisify(execFile)
let next = 0

/** A program that misbehaves on demand, under a name that no other program of this host has. */
export function workload(): Workload {
  const own = scratch()
  const folder = join(own, 'f')
  const name = `rp-${process.pid}-${next++}`
  const path = join(own, name)
  const port = 20_000 + ((process.pid * 7 + next) % 20_000)
  copyFileSync(attackBinary, path)
  copyFileSync(attackBinary, join(own, 'rp-setup'))
  const setUp = (): void => {
    execFileSync(join(own, 'rp-setup'), ['setup', folder])
    for (const copy of ['denied', 'allowed']) copyFileSync(attackBinary, join(folder, copy))
  }
  setUp()
  return {
    name,
    path,
    folder,
    port,
    setUp,
    attack: async (attack) => JSON.parse((await run(path, [attack, folder, String(port)])).stdout) as Outcome,
    run: async (...args) => (await run(path, args)).stdout,
  }
}

export const attackNames: readonly string[] =
  skip === false ? execFileSync(attackBinary, ['list'], { encoding: 'utf8' }).trim().split('\n') : []

export type Watched = {
  readonly sensor: Sensor
  readonly events: KernelEvent[]
  readonly beats: KernelBeat[]
  readonly faults: string[]
  readonly modes: ModeActive[]
  last: KernelBeat | null
  ended: string | null
}

/** A sensor with its words and counters kept as they come. */
export async function watched(t: TestContext, options: Partial<SensorOptions> = {}): Promise<Watched> {
  const kept: Omit<Watched, 'sensor'> = { events: [], beats: [], faults: [], modes: [], last: null, ended: null }
  const sensor = await Sensor.start(
    { binary: sensorBinary, ...options },
    {
      event: (event) => void kept.events.push(event),
      heartbeat: (beat, isLast) => {
        kept.beats.push(beat)
        if (isLast) kept.last = beat
      },
      fault: (what) => void kept.faults.push(what),
      modeActive: (mode) => void kept.modes.push(mode),
      ended: (how) => (kept.ended = how),
    },
  )
  // Also when the test fails: a sensor that runs on would keep the tests from ending.
  t.after(async () => sensor.stop())
  return Object.assign(kept, { sensor })
}

/** Waits until it holds; after a minute it never will. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 3000) throw new Error(`it never came to hold: ${holds.toString()}`)
    await new Promise((over) => setTimeout(over, 20))
  }
}
