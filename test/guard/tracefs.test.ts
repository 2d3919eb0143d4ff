import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { policyOf } from '../../src/guard/run/fixtures.ts'
import type { Attempt, Sighting } from '../../src/guard/model.ts'
import type { ProcessPolicy } from '../../src/guard/policy/model.ts'
import type { End, Fault, Heartbeat, Loss } from '../../src/guard/probes/probe.ts'
import { Instance, removeStale } from '../../src/guard/probes/tracefs/instance.ts'
import { openTracefs, whyNoTracefs } from '../../src/guard/probes/tracefs/mount.ts'
import { tracefsProbe, type TracefsOptions } from '../../src/guard/probes/tracefs/tracefs.ts'
import { scratch } from '../sample.ts'

const why = whyNoTracefs()
const skip = why !== null && `tracefs cannot be used: ${why}`
/** A name that no other program on this host has. */
const name = `rp-traced-${process.pid}`

async function watching(entry: ProcessPolicy, options: TracefsOptions = {}) {
  const [seen, ends, faults, losses, beats]: [Sighting[], End[], Fault[], Loss[], Heartbeat[]] = [[], [], [], [], []]
  const probe = tracefsProbe(options)
  await probe.apply({ compiled: policyOf({ [name]: entry }), generation: 1, mode: 'audit', processModes: new Map() })
  await probe.start({
    sighting: (sighting) => void (sighting.actor.name === name && seen.push(sighting)),
    heartbeat: (beat) => void beats.push(beat),
    loss: (loss) => void losses.push(loss),
    fault: (fault) => void faults.push(fault),
    end: (end) => void ends.push(end),
  })
  return { probe, seen, ends, faults, losses, beats }
}

/** A shell under a name of its own, so that a policy can speak of it alone. */
function program(): string {
  const path = join(scratch(), name)
  copyFileSync('/bin/sh', path)
  return path
}

const attempts = (seen: readonly Sighting[], type: Attempt['type']): readonly string[] =>
  seen.flatMap(({ attempt }) =>
    attempt.type !== type
      ? []
      : 'path' in attempt
        ? [attempt.path]
        : 'name' in attempt
          ? [attempt.name]
          : 'address' in attempt
            ? [`${attempt.address}:${attempt.port}`]
            : [],
  )

test('programs, calls and ends of a short-lived process are seen, every one', { skip }, async () => {
  const { probe, seen, ends, beats } = await watching({ allowed_exec: ['/nothing'], blocked_syscalls: ['setuid', 'fork'] })
  const shell = program()
  for (let i = 0; i < 20; i++) spawnSync(shell, ['-c', '/usr/bin/env true; :'])
  const killed = spawn(shell, ['-c', 'kill -9 $$'])
  await new Promise((ended) => killed.once('exit', ended))
  await new Promise((soon) => setTimeout(soon, 100))
  await probe.stop()
  assert.equal(attempts(seen, 'exec').filter((path) => path === '/usr/bin/env').length, 20)
  assert.ok(attempts(seen, 'syscall').length >= 20)
  assert.ok(seen.every(({ effect, mechanism }) => effect === 'observed' && mechanism === 'tracefs'))
  assert.equal(ends.find(({ pid }) => pid === killed.pid)?.signal, 'SIGKILL')
  const last = beats.at(-1)
  assert.deepEqual([last?.dropped, last?.seen], [0, last?.forks])
})

test('a TCP connection is told by the kernel, with where it went', { skip }, async () => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { probe, seen } = await watching({ allowed_network: [] })
  const path = join(scratch(), name)
  copyFileSync(process.execPath, path)
  const child = spawn(path, ['-e', `require('net').connect(${port}, '127.0.0.1').on('close', () => {}).resume()`])
  await new Promise((ended) => child.once('exit', ended))
  await new Promise((soon) => setTimeout(soon, 100))
  await probe.stop()
  await new Promise((closed) => server.close(closed))
  assert.deepEqual(attempts(seen, 'network'), [`127.0.0.1:${port}`])
})

test('what this kernel does not show is a blind spot of this host, and never silently nothing', { skip }, async () => {
  const { probe } = await watching({ blocked_files: ['/etc/shadow'] })
  const { tiers, blindSpots, hooks } = probe.coverage()
  await probe.stop()
  if (tiers.file === 'observe') assert.ok(hooks.some(({ name: hook, state }) => hook.includes('openat') && state === 'attached'))
  else assert.ok(blindSpots.some(({ what, isCatalogued }) => what.includes('openat') && !isCatalogued))
})

/** A process that makes so many calls when it is told to. */
async function caller(): Promise<{ readonly child: ChildProcess; readonly go: (calls: number) => Promise<void> }> {
  const script = `process.stdin.on('data', (n) => { for (let i = 0; i < Number(n); i++) process.ppid; console.log('done') }); console.log('up')`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said = (): Promise<void> => new Promise((word) => child.stdout?.once('data', () => word()))
  await said()
  return {
    child,
    async go(calls) {
      const done = said()
      child.stdin?.write(`${calls}\n`)
      await done
    },
  }
}

test('what was read and what was lost is what was made, exactly, also when nobody reads', { skip }, async () => {
  const tracefs = await openTracefs()
  const instance = new Instance(tracefs.root, 64)
  const { child, go } = await caller()
  const format = instance.enable('syscalls/sys_enter_getppid', `common_pid==${child.pid}`)
  assert.equal(typeof format, 'object')
  instance.switchOn()
  const calls = 50_000
  await go(calls)
  let read = 0
  while (instance.read(() => void (read += 1)));
  const counts = instance.counts()
  child.kill('SIGKILL')
  await new Promise((ended) => child.once('exit', ended))
  instance.remove()
  await tracefs.close()
  assert.ok(counts.dropped > 0)
  assert.equal(read + counts.dropped, calls)
  assert.equal(counts.received, calls)
})

test('a probe that does not keep up tells of the loss, how many and since when', { skip }, async () => {
  const { probe, losses, beats } = await watching({ blocked_syscalls: ['getppid'] }, { bufferKb: 64, lookMs: 400, beatMs: 10 })
  const { child, go } = await caller()
  await go(30_000)
  child.kill('SIGKILL')
  await new Promise((ended) => child.once('exit', ended))
  await probe.stop()
  const lost = losses.reduce((sum, { dropped }) => sum + (dropped ?? 0), 0)
  assert.ok(lost > 0)
  assert.equal(lost, beats.at(-1)?.dropped)
  assert.ok(losses.every(({ from, to }) => from <= to))
})

test('nothing is left behind in the kernel; what a dead guard left is removed, a living one’s is not', { skip }, async () => {
  const tracefs = await openTracefs()
  const instances = join(tracefs.root, 'instances')
  const { probe } = await watching({ blocked_syscalls: ['ptrace'] })
  const own = readdirSync(instances).filter((each) => each.includes(`-${process.pid}-`))
  assert.equal(own.length, 1)
  const dead = (own[0] ?? '').replace(`-${process.pid}-`, '-4194305-')
  mkdirSync(join(instances, dead))
  assert.deepEqual(removeStale(tracefs.root), [dead])
  assert.ok(existsSync(join(instances, own[0] ?? '')))
  await probe.stop()
  assert.deepEqual(
    readdirSync(instances).filter((each) => each.includes(`-${process.pid}-`)),
    [],
  )
  await tracefs.close()
})
