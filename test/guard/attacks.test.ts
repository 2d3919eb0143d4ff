import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { policyOf } from '../../src/guard/run/fixtures.ts'
import type { Sighting } from '../../src/guard/model.ts'
import { whyNoTracefs } from '../../src/guard/probes/tracefs/mount.ts'
import { tracefsProbe } from '../../src/guard/probes/tracefs/tracefs.ts'
import { root, scratch } from '../sample.ts'

const attacks = join(root, 'bpf', 'build', 'rp-attack')
const why = whyNoTracefs() ?? (existsSync(attacks) ? null : 'the workloads are not built: make -C bpf')
const skip = why !== null && `no attacks here: ${why}`
const run = promisify(execFile)

/** What an attack looks like to somebody who only watches; `none`: like nothing at all. */
const looks: Readonly<Record<string, RegExp>> = {
  exec: /exec .*\/denied$/,
  // Of a program that was run by its descriptor and is gone before we look, no more is known.
  fexecve: /exec (.*\/denied|\/dev\/fd\/\d+)$/,
  memfd: /exec (.*memfd.*|\/dev\/fd\/\d+)$/,
  shell: /exec \/bin\/sh$/,
  ptrace_attach: /syscall ptrace$/,
  process_vm_readv: /syscall process_vm_readv$/,
  setuid: /syscall setuid$/,
  capset: /syscall capset$/,
  fork: /syscall (fork|vfork|clone3?)$/,
  connect: /network 127\.0\.0\.1$/,
  connect6: /network ::1$/,
  mapped: /network 127\.0\.0\.1$/,
  fast_open: /network 127\.0\.0\.1$/,
  io_uring_connect: /network 127\.0\.0\.1$/,
}

test(
  'a watching sensor sees each attack that leaves a trace, claims no more than that, and stops none',
  { skip, timeout: 120_000 },
  async (t) => {
    const own = scratch()
    const [name, folder] = [`rp-attacked-${process.pid}`, join(own, 'f')]
    const [program, port] = [join(own, name), String(20_000 + (process.pid % 20_000))]
    copyFileSync(attacks, program)
    copyFileSync(attacks, join(own, 'rp-setup'))
    const setUp = (): void => {
      execFileSync(join(own, 'rp-setup'), ['setup', folder])
      for (const copy of ['denied', 'allowed']) copyFileSync(attacks, join(folder, copy))
    }
    const compiled = policyOf({
      [name]: {
        descendants: true,
        allowed_exec: ['/nothing'],
        blocked_syscalls: ['ptrace', 'setuid', 'capset', 'fork'],
        allowed_network: [],
      },
    })
    let seen: Sighting[] = []
    const probe = tracefsProbe()
    await probe.apply({ compiled, generation: 1, mode: 'enforce', processModes: new Map() })
    await probe.start({
      sighting: (sighting) => void (sighting.actor.name === name && seen.push(sighting)),
      heartbeat() {},
      loss: () => assert.fail('something was lost'),
      fault() {},
      end() {},
    })
    try {
      for (const [attack, look] of Object.entries(looks)) {
        setUp()
        seen = []
        const { outcome } = JSON.parse((await run(program, [attack, folder, port])).stdout) as { readonly outcome: string }
        for (let i = 0; i < 100 && !seen.some((one) => look.test(wordsOf(one))); i++)
          await new Promise((soon) => setTimeout(soon, 20))
        t.diagnostic(`${attack}: ${outcome}, seen as ${[...new Set(seen.map(wordsOf))].join('; ')}`)
        assert.ok(outcome === 'unavailable' || seen.some((one) => look.test(wordsOf(one))), attack)
        assert.ok(seen.every(({ effect, mechanism }) => effect === 'observed' && mechanism === 'tracefs'))
        assert.notEqual(outcome, 'killed', attack)
      }
    } finally {
      await probe.stop()
    }
  },
)

function wordsOf({ attempt }: Sighting): string {
  const what = 'path' in attempt ? attempt.path : 'name' in attempt ? attempt.name : 'address' in attempt ? attempt.address : ''
  return `${attempt.type} ${what}`
}
