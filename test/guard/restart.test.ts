import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ebpfProbe } from '../../src/guard/probes/ebpf/ebpf.ts'
import type { Fault, Heartbeat } from '../../src/guard/probes/probe.ts'
import { commandLineOf, pidsIn, statOf } from '../../src/guard/probes/procfs/read.ts'
import { policyOf } from '../../src/guard/run/fixtures.ts'
import { Supervisor } from '../../src/guard/run/supervisor.ts'
import { skip, until } from './ebpf-world.ts'

/** Sensors that this process started. */
function ownSensors(): readonly number[] {
  return pidsIn().filter((pid) => {
    const stat = statOf(pid)
    return stat?.parent === process.pid && stat.state !== 'Z' && commandLineOf(pid)?.startsWith('runproof-sensor') === true
  })
}

test(
  'a sensor that is killed is missed within heartbeats, told as a fault, and started anew with the same policy',
  { skip },
  async () => {
    const [faults, beats]: [Fault[], Heartbeat[]] = [[], []]
    const compiled = policyOf({ [`rp-restarted-${process.pid}`]: { allowed_exec: ['/nothing'] } })
    let restarts = 0
    const supervisor = new Supervisor(
      { compiled, generation: 1, mode: 'audit', processModes: new Map() },
      {
        make: () => ebpfProbe(),
        on: { sighting() {}, loss() {}, end() {}, heartbeat: (beat) => beats.push(beat), fault: (fault) => faults.push(fault) },
        say: () => {},
        restarted: () => (restarts += 1),
      },
    )
    const others = new Set(ownSensors())
    await supervisor.start()
    try {
      await until(() => beats.length > 0)
      const sensor = ownSensors().find((pid) => !others.has(pid))
      assert.ok(sensor !== undefined)
      process.kill(sensor, 'SIGKILL')
      await until(() => restarts === 1)
      const before = beats.length
      await until(() => beats.length > before)
      assert.notEqual(beats.at(-1)?.startedAt, beats[0]?.startedAt)
      assert.equal(beats.at(-1)?.inForce?.digest, compiled.digest)
      assert.ok(faults.some(({ what, lasting }) => what.includes('SIGKILL') && !lasting))
      assert.ok(faults.some(({ what }) => what.includes('started anew')))
    } finally {
      await supervisor.stop()
    }
    assert.deepEqual(
      ownSensors().filter((pid) => !others.has(pid)),
      [],
    )
  },
)
