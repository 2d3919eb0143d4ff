import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Mode, Sighting } from '../model.ts'
import type { ActivePolicy, End } from '../probes/probe.ts'
import type { ProcessPolicy } from '../policy/model.ts'
import { policyOf } from './fixtures.ts'
import { Resources, type ResourcesOptions } from './resources.ts'

const skip = process.platform !== 'linux' && 'only Linux has /proc'
const folder = mkdtempSync(join(tmpdir(), 'runproof-resources-'))
after(() => rmSync(folder, { recursive: true }))
/** A program whose name nothing else on this host has. */
const name = `rp-limit-${process.pid}`
const program = join(folder, name)

function active(entry: ProcessPolicy, mode: Mode, own: readonly (readonly [string, Mode])[] = []): ActivePolicy {
  return { compiled: policyOf({ [name]: entry }, { mode }), generation: 1, mode, processModes: new Map(own) }
}

function measuring(policy: ActivePolicy, more: Partial<ResourcesOptions> = {}) {
  const [seen, ends]: [Sighting[], End[]] = [[], []]
  const resources = new Resources({ check: (sighting) => (seen.push(sighting), null), onEnd: (end) => ends.push(end), ...more })
  resources.apply(policy)
  return { resources, seen, ends }
}

async function started(): Promise<ChildProcess> {
  copyFileSync(process.execPath, program)
  const child = spawn(program, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((up) => child.stdout?.once('data', up))
  return child
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !what(); i++) await new Promise((soon) => setTimeout(soon, 25))
}

test('in mode enforce a process over its limit is killed, which is unknown until its end was seen', { skip }, async () => {
  const child = await started()
  const ended = new Promise<NodeJS.Signals | null>((over) => child.once('exit', (_, signal) => over(signal)))
  const { resources, seen, ends } = measuring(active({ max_memory_mb: 1 }, 'enforce'))
  resources.look()
  const own = seen.filter(({ actor }) => actor.pid === child.pid)
  assert.deepEqual(
    own.map(({ attempt, effect, mechanism }) => [attempt.type, effect, mechanism]),
    [['memory', 'unknown', 'sigkill']],
  )
  assert.equal(await ended, 'SIGKILL')
  await until(() => (resources.look(), ends.length > 0))
  assert.deepEqual(
    ends.map(({ pid, signal }) => [pid, signal]),
    [[child.pid, 'SIGKILL']],
  )
})

for (const [why, policy] of [
  ['mode audit', active({ max_memory_mb: 1 }, 'audit')],
  ['mode alert for its entry alone', active({ max_memory_mb: 1 }, 'enforce', [[name, 'alert']])],
  ['a limit that it is within', active({ max_memory_mb: 100_000 }, 'enforce')],
] as const) {
  test(`nobody is killed in ${why}`, { skip }, async () => {
    const child = await started()
    const { resources, seen } = measuring(policy, { kill: () => assert.fail('killed') })
    resources.look()
    const own = seen.find(({ actor }) => actor.pid === child.pid)
    assert.deepEqual([own?.attempt.type, own?.effect, own?.mechanism], ['memory', 'observed', 'procfs'])
    child.kill('SIGKILL')
    await new Promise((over) => child.once('exit', over))
  })
}

test('processor time is measured between two looks', { skip }, async () => {
  copyFileSync(process.execPath, program)
  const child = spawn(program, ['-e', 'for (;;) {}'], { stdio: 'ignore' })
  const { resources, seen } = measuring(active({ max_cpu_percent: 1 }, 'audit'))
  const cpu = () =>
    seen.flatMap(({ actor, attempt }) => (actor.pid === child.pid && attempt.type === 'cpu' ? [attempt.percent] : []))
  await until(() => (resources.look(), cpu().some((percent) => percent > 1)))
  child.kill('SIGKILL')
  await new Promise((over) => child.once('exit', over))
  assert.ok(cpu().some((percent) => percent > 1))
})

test('an id that was given away between the measurement and the kill is not killed', () => {
  const proc = mkdtempSync(join(tmpdir(), 'runproof-proc-'))
  const own = join(proc, '4711')
  mkdirSync(own)
  const put = (start: number): void =>
    writeFileSync(join(own, 'stat'), `4711 (${name}) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 ${start} 0 0 0`)
  put(100)
  symlinkSync(program, join(own, 'exe'))
  writeFileSync(join(own, 'status'), 'Uid:\t0\t0\t0\t0\nVmRSS:\t 99999999 kB\n')
  const killed: number[] = []
  let isGivenAway = true
  const { resources, seen } = measuring(active({ max_memory_mb: 1 }, 'enforce'), {
    proc,
    againMs: 0,
    kill: (pid) => void killed.push(pid),
    // The clock is asked between the two: by then another process has the id.
    now() {
      if (isGivenAway) put(200)
      return Date.now()
    },
  })
  resources.look()
  assert.deepEqual([killed, seen.map(({ effect }) => effect)], [[], ['observed']])
  isGivenAway = false
  resources.look()
  assert.deepEqual([killed, seen.at(-1)?.effect], [[4711], 'unknown'])
  rmSync(proc, { recursive: true })
})

test('who stays over a limit is told once a minute, who comes back under it and goes over again at once', () => {
  const proc = mkdtempSync(join(tmpdir(), 'runproof-proc-'))
  const own = join(proc, '4711')
  mkdirSync(own)
  writeFileSync(join(own, 'stat'), `4711 (${name}) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 100 0 0 0`)
  symlinkSync(program, join(own, 'exe'))
  const use = (kb: number): void => writeFileSync(join(own, 'status'), `Uid:\t0\t0\t0\t0\nVmRSS:\t ${kb} kB\n`)
  let now = 0
  const { resources, seen } = measuring(active({ max_memory_mb: 1 }, 'alert'), { proc, now: () => now })
  const told = (kb: number, at: number): number => {
    use(kb)
    now = at
    const before = seen.length
    resources.look()
    return seen.slice(before).filter(({ attempt }) => attempt.type === 'memory' && attempt.megabytes > 1).length
  }
  assert.deepEqual(
    [told(9000, 1000), told(9000, 2000), told(9000, 61_500), told(100, 62_000), told(9000, 63_000)],
    [1, 0, 1, 0, 1],
  )
  rmSync(proc, { recursive: true })
})

test('without limits nothing is read', () => {
  const { resources, seen } = measuring(active({ blocked_syscalls: ['ptrace'] }, 'enforce'), { proc: '/nowhere' })
  resources.look()
  assert.deepEqual([resources.isNeeded, seen], [false, []])
})
