// Programs that really misbehave, against every tier that the running kernel allows.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { Guard } from '../../src/guard/guard.ts'
import type { Mode, Sighting, Violation } from '../../src/guard/model.ts'
import type { Probe, End, Fault, Heartbeat, Loss, More } from '../../src/guard/probes/probe.ts'
import { ebpfProbe, type EbpfOptions } from '../../src/guard/probes/ebpf/ebpf.ts'
import type { ProcessPolicy } from '../../src/guard/policy/model.ts'
import { policyOf } from '../../src/guard/run/fixtures.ts'
import { Supervisor } from '../../src/guard/run/supervisor.ts'
import { attackNames, sensorBinary, skip, until, workload, type Outcome, type Workload } from './ebpf-world.ts'

type Told = { readonly sighting: Sighting; readonly more: More; readonly violation: Violation | null }
type World = {
  readonly probe: Probe
  readonly told: Told[]
  readonly ends: End[]
  readonly faults: Fault[]
  readonly losses: Loss[]
  readonly beats: Heartbeat[]
}

const entryFor = ({ path, folder, port }: Workload): ProcessPolicy => ({
  blocked_files: [`${folder}/secret/*`],
  allowed_exec: [path, `${folder}/allowed`],
  blocked_network: [`127.0.0.1:${port}`, `[::1]:${port}`],
  blocked_syscalls: ['ptrace', 'setuid', 'capset', 'module'],
})

async function guarding(
  t: TestContext,
  name: string,
  entry: ProcessPolicy,
  mode: Mode,
  options: EbpfOptions = {},
): Promise<World> {
  const compiled = policyOf({ [name]: entry }, { mode })
  const guard = new Guard(compiled)
  const world: Omit<World, 'probe'> = { told: [], ends: [], faults: [], losses: [], beats: [] }
  const probe = ebpfProbe(options)
  t.after(async () => probe.stop())
  await probe.apply({ compiled, generation: 1, mode, processModes: new Map() })
  await probe.start({
    sighting: (sighting, more = {}) => void world.told.push({ sighting, more, violation: guard.check(sighting, more) }),
    heartbeat: (beat) => void world.beats.push(beat),
    loss: (loss) => void world.losses.push(loss),
    fault: (fault) => void world.faults.push(fault),
    end: (end) => void world.ends.push(end),
  })
  return { ...world, probe }
}

const isControl = (name: string): boolean => name.startsWith('allowed_')
/** `fork` has no rule here: the program itself forks. Modules are for virtual machines. */
const attacks = attackNames.filter((name) => !isControl(name) && !['fork', 'init_module', 'finit_module'].includes(name))

/** Ends before it has what it wanted, even where it can only be killed. */
const hasNothing =
  'open openat openat2 symlink hard_link relative dot_dot proc_root unread_page ia32 io_uring_open renamed exec fexecve memfd shell process_vm_readv proc_mem'.split(
    ' ',
  )

/** What was told about one run: by the child's id, or its child's. */
function of(told: readonly Told[], { pid }: Outcome): readonly Told[] {
  return told.filter(({ sighting: { actor }, violation }) => violation !== null && (actor.pid === pid || actor.parent === pid))
}

for (const options of [{}, { isWithoutCgroup: true }, { isWithoutLsm: true }] as const) {
  const tier = Object.keys(options)[0] ?? 'everything this kernel allows'

  test(`enforce, ${tier}: each attack is refused or its process ended, and told as what it was`, { skip }, async (t) => {
    const work = workload()
    const { probe, told, faults } = await guarding(t, work.name, entryFor(work), 'enforce', options)
    const isRefused = (name: string): boolean => {
      const { tiers } = probe.coverage()
      return (/connect|udp|fast_open|sendmsg|mapped/.test(name) ? tiers.network : tiers.file) === 'prevent'
    }
    for (const name of attackNames.filter(isControl)) {
      const outcome = await work.attack(name)
      assert.deepEqual({ name, outcome: outcome.outcome, effect: outcome.effect }, { name, outcome: 'done', effect: true })
      assert.deepEqual(of(told, outcome), [], name)
    }
    for (const name of attacks) {
      const outcome = await work.attack(name)
      if (outcome.outcome === 'unsupported') continue
      // Without LSM a ring is ended before it can be used, whatever it was to be used for.
      const expected = isRefused(name) && !(name === 'io_uring_connect' && !isRefused('open')) ? 'refused' : 'killed'
      assert.deepEqual({ name, outcome: outcome.outcome }, { name, outcome: expected })
      if (expected === 'refused' || hasNothing.includes(name)) assert.equal(outcome.effect, false, name)
      await until(() => of(told, outcome).length > 0)
      const effects = [...new Set(of(told, outcome).map(({ violation }) => violation?.effect))]
      assert.deepEqual({ name, effects }, { name, effects: [expected === 'refused' ? 'prevented' : 'terminated'] })
      for (const { violation, more } of of(told, outcome)) {
        assert.equal(violation?.action, expected === 'refused' ? 'blocked' : 'killed')
        assert.equal(more.signal, expected === 'refused' ? undefined : 'SIGKILL')
        assert.ok(violation?.rule.startsWith(`${work.name}.`), violation?.rule)
      }
    }
    await probe.stop()
    assert.deepEqual(faults, [])
  })
}

test('audit: each attack succeeds and is told, but for what goes through io_uring, which is counted', { skip }, async (t) => {
  const work = workload()
  const { probe, told, faults, beats } = await guarding(t, work.name, entryFor(work), 'audit')
  const unseen = probe.coverage().tiers.file === 'prevent' ? [] : ['io_uring_open']
  for (const name of attacks) {
    const outcome = await work.attack(name)
    if (outcome.outcome === 'unsupported') continue
    assert.deepEqual({ name, outcome: outcome.outcome, effect: outcome.effect }, { name, outcome: 'done', effect: true })
    if (unseen.includes(name)) continue
    await until(() => of(told, outcome).length > 0)
    for (const { violation } of of(told, outcome))
      assert.deepEqual([name, violation?.effect, violation?.action], [name, 'observed', 'logged'])
  }
  await probe.stop()
  assert.deepEqual(faults, [])
  assert.ok((beats.at(-1)?.unreadable ?? 0) > 0)
})

test('a killed program ends as what it was, by a name that is its own', { skip }, async (t) => {
  const work = workload()
  const { probe, told, ends } = await guarding(t, work.name, { allowed_exec: [work.path] }, 'enforce', { isWithoutLsm: true })
  const outcome = await work.attack('exec')
  await until(() => of(told, outcome).length > 0)
  const [{ more, sighting } = assert.fail()] = of(told, outcome)
  assert.equal(ends.filter(({ process, signal }) => process === more.process && signal === 'SIGKILL').length, 1)
  assert.equal(sighting.actor.name, work.name)
  assert.equal(sighting.actor.executable, work.path)
  assert.equal(sighting.actor.uid, 0)
  await probe.stop()
})

test(
  'what a pattern blocks is told by the kernel and judged here: seen, and never claimed to be stopped',
  { skip },
  async (t) => {
    const work = workload()
    const { probe, told } = await guarding(t, work.name, { blocked_files: [`${work.folder}/*/k?y`] }, 'enforce')
    assert.equal(probe.coverage().tiers.file, 'observe')
    const outcome = await work.attack('openat')
    assert.equal(outcome.effect, true)
    await until(() => of(told, outcome).length > 0)
    const [{ violation } = assert.fail()] = of(told, outcome)
    assert.deepEqual([violation?.rule, violation?.effect], [`${work.name}.blocked_files[0]`, 'observed'])
    await probe.stop()
  },
)

test('descendants are guarded where the policy says so, and only there', { skip }, async (t) => {
  for (const descendants of [true, false]) {
    const work = workload()
    const { probe, told } = await guarding(t, work.name, { descendants, blocked_files: ['/etc/hostname'] }, 'audit')
    await work.run('flood', '1', '/etc/hostname')
    await work.attack('shell')
    // The shell is another program; it opens the file on behalf of ours.
    await work.run('shell', `${work.folder}/x'; cat /etc/hostname; : 'y`, '1').catch(() => {})
    await until(() => told.length > 0)
    await probe.stop()
    const pids = new Set(told.flatMap(({ sighting, violation }) => (violation === null ? [] : [sighting.actor.pid])))
    assert.equal(pids.size, descendants ? 2 : 1)
  }
})

test('a sensor that is killed is a fault, and the supervisor starts another, with a time of its own', { skip }, async (t) => {
  const work = workload()
  const compiled = policyOf({ [work.name]: entryFor(work) })
  const [faults, beats]: [string[], Heartbeat[]] = [[], []]
  let restarts = 0
  const supervisor = new Supervisor(
    { compiled, generation: 1, mode: 'audit', processModes: new Map() },
    {
      make: () => ebpfProbe(),
      missed: 1,
      say: () => {},
      restarted: () => void (restarts += 1),
      on: {
        sighting: () => {},
        loss: () => {},
        end: () => {},
        heartbeat: (beat) => void beats.push(beat),
        fault: ({ what }) => void faults.push(what),
      },
    },
  )
  t.after(async () => supervisor.stop())
  await supervisor.start()
  await until(() => beats.length > 0)
  const ours = sensorsOfOurs()
  assert.equal(ours.length, 1)
  process.kill(ours[0] ?? assert.fail(), 'SIGKILL')
  const first = beats[0]?.startedAt
  await until(() => restarts === 1 && beats.some(({ startedAt }) => startedAt !== first))
  await supervisor.stop()
  assert.ok(faults.some((what) => what.includes('the sensor ended by SIGKILL')))
  assert.deepEqual(sensorsOfOurs(), [])
})

test(
  'a policy that demands prevention is refused where a hook for it is missing, and nothing is left running',
  { skip },
  async () => {
    const work = workload()
    const compiled = policyOf({ [work.name]: { blocked_syscalls: ['mount'] } }, { mode: 'enforce', enforce: 'prevent' })
    const probe = ebpfProbe()
    await probe.apply({ compiled, generation: 1, mode: 'enforce', processModes: new Map() })
    const nothing = { sighting: () => {}, heartbeat: () => {}, loss: () => {}, fault: () => {}, end: () => {} }
    await assert.rejects(probe.start(nothing), /guard\.not_ready|demands prevention.*mount: no hook refuses it/)
    assert.deepEqual(sensorsOfOurs(), [])
  },
)

/** Running sensors that are our children. */
function sensorsOfOurs(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
        return parent === process.pid && readlinkSync(`/proc/${pid}/exe`) === sensorBinary
      } catch {
        return false
      }
    })
}
