import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from '../../policy/compile.ts'
import type { ActivePolicy } from '../probe.ts'
import { psTable, tasklistTable, wmiTable } from './parse.ts'
import { tableProbe } from './table.ts'

const recorded = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

test('what ps of macOS prints: whole paths with blanks in them, and a name alone where there is no more', () => {
  const { processes, unreadable } = psTable(recorded('macos-ps.txt'))
  assert.equal(unreadable, 0)
  assert.deepEqual(
    processes.map(({ pid, parent, uid, executable, comm }) => [pid, parent, uid, executable, comm]),
    [
      [1, 0, 0, '/sbin/launchd', 'launchd'],
      [341, 1, 0, '/usr/libexec/logd', 'logd'],
      [2210, 1, 501, '/Applications/Visual Studio Code.app/Contents/MacOS/Electron', 'Electron'],
      [2345, 2210, 501, '/usr/local/bin/node', 'node'],
      [2350, 2345, 501, '/bin/zsh', 'zsh'],
      [2351, 2350, 501, null, '(zsh)'],
    ],
  )
  assert.equal(processes[4]?.process, 'table:2350:Sat Nov 21 09:31:45 2026')
})

test('what WMI and tasklist of Windows print, with slashes as policies write them', () => {
  const { processes, unreadable } = wmiTable(recorded('windows-wmi.csv'))
  assert.equal(unreadable, 0)
  assert.deepEqual(
    processes.map(({ pid, parent, executable, comm }) => [pid, parent, executable, comm]),
    [
      [0, 0, null, 'System Idle Process'],
      [4, 0, null, 'System'],
      [812, 640, 'C:/Windows/system32/svchost.exe', 'svchost.exe'],
      [5120, 812, 'C:/Program Files/nodejs/node.exe', 'node.exe'],
      [5124, 5120, 'C:/Windows/System32/WindowsPowerShell/v1.0/powershell.exe', 'powershell.exe'],
    ],
  )
  assert.deepEqual(
    tasklistTable(recorded('windows-tasklist.csv')).processes.map(({ pid, comm }) => [pid, comm]),
    [
      [0, 'System Idle Process'],
      [4, 'System'],
      [5120, 'node.exe'],
    ],
  )
})

test('lines that are no processes are counted, whatever they hold', () => {
  assert.deepEqual(psTable('ps: permission denied\n').unreadable, 1)
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const table of [psTable(text), wmiTable(text), tasklistTable(text)]) assert.ok(table.unreadable >= 0)
    }),
  )
})

test('a program that appears is told with the process that started it; without a list there is no heartbeat', async () => {
  const compiled = compilePolicy({
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    processes: { node: { allowed_exec: ['/usr/bin/git'] } },
    alerts: { on_violation: [], on_critical: [] },
  })
  const active: ActivePolicy = { compiled, generation: 1, mode: 'audit', processModes: new Map() }
  const lines = recorded('macos-ps.txt').split('\n')
  const before = lines.slice(0, 4).join('\n')
  let [looks, said]: [number, string[]] = [0, []]
  const probe = tableProbe({
    platform: 'darwin',
    lookMs: 1,
    beatMs: 1,
    run: async () => {
      looks += 1
      if (looks === 1) return before
      if (looks === 2) return lines.join('\n')
      throw new Error('ps is gone')
    },
  })
  await probe.apply(active)
  const faulted = new Promise<string>((resolve) => {
    void probe.start({
      sighting: ({ actor, attempt }) => said.push(`${actor.name} ${JSON.stringify(attempt)}`),
      heartbeat: () => said.push('beat'),
      loss: () => {},
      fault: ({ what }) => resolve(what),
      end: () => {},
    })
  })
  assert.equal(await faulted, 'the list of processes cannot be read: ps is gone')
  const beats = said.filter((word) => word === 'beat').length
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(said.filter((word) => word === 'beat').length, beats)
  await probe.stop()
  assert.ok(said.includes('node {"type":"exec","path":"/bin/zsh"}'), said.join('\n'))
  assert.ok(said.includes('node {"type":"syscall","name":"fork"}'))
  assert.deepEqual(probe.coverage().tiers, { exec: 'sample', syscall: 'none', file: 'none', network: 'none', resource: 'sample' })
})

test('a system whose command nobody told us is refused', () => {
  assert.throws(() => tableProbe({ platform: 'aix' }), { code: 'usage' })
})
