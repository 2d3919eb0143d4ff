import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { procfsList } from './procfs.ts'
import { cgroupOf, executableOf, forksIn, residentOf, statIn, statOf, uidOf } from './read.ts'

const isLinux = process.platform === 'linux'

test('a name may hold brackets, blanks and line breaks: the fields are behind its last bracket', () => {
  const rest = 'S 41 1 1 0 -1 4194304 0 0 0 0 7 5 0 0 20 0 1 0 98765 0 0 0'
  assert.deepEqual(statIn(`42 (a) R 1 (b\n) ${rest}`), {
    comm: 'a) R 1 (b\n',
    state: 'S',
    parent: 41,
    cpuTicks: 12,
    startTicks: 98765,
    exitCode: 0,
    isExiting: false,
  })
  assert.equal(statIn('nothing'), null)
  fc.assert(
    fc.property(fc.string({ maxLength: 15 }), (comm) => {
      assert.equal(statIn(`42 (${comm}) ${rest}`)?.comm, comm)
    }),
  )
})

/** A folder that looks like /proc. */
function fakeProc(): {
  readonly proc: string
  readonly put: (pid: number, start: number, exe: string, parent?: number) => void
  readonly end: (pid: number) => void
} {
  const proc = mkdtempSync(join(tmpdir(), 'runproof-proc-'))
  writeFileSync(join(proc, 'stat'), 'cpu 1 2 3\nprocesses 4711\n')
  return {
    proc,
    put(pid, start, exe, parent = 1) {
      const folder = join(proc, String(pid))
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      writeFileSync(join(folder, 'stat'), `${pid} (x) S ${parent} 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 ${start} 0 0 0`)
      writeFileSync(join(folder, 'status'), 'Name:\tx\nTgid:\t1\nUid:\t1000\t1001\t1000\t1000\nVmRSS:\t    2048 kB\n')
      writeFileSync(join(folder, 'cgroup'), '1:cpu:/old\n0::/system.slice/shop.service\n')
      symlinkSync(exe, join(folder, 'exe'))
    },
    end: (pid) => rmSync(join(proc, String(pid)), { recursive: true }),
  }
}

test('what is read of a process: effective user, memory, control group of version 2, an executable that was deleted', () => {
  const { proc, put } = fakeProc()
  put(7, 100, '/srv/shop (deleted)')
  assert.deepEqual(
    [uidOf(7, proc), residentOf(7, proc), cgroupOf(7, proc), executableOf(7, proc), forksIn(proc)],
    [1001, 2_097_152, '/system.slice/shop.service', '/srv/shop', 4711],
  )
  assert.deepEqual([uidOf(8, proc), statOf(8, proc), executableOf(8, proc)], [null, null, null])
  rmSync(proc, { recursive: true })
})

test('an id that was given away, and a process that became another program, are found though the id stays', () => {
  const { proc, put, end } = fakeProc()
  const list = procfsList(proc)
  put(7, 100, '/bin/a')
  put(8, 100, '/bin/b')
  const look = () => list.look() as Exclude<ReturnType<typeof list.look>, Promise<unknown>>
  assert.deepEqual(
    look().appeared.map(({ pid }) => pid),
    [7, 8],
  )
  assert.deepEqual(look(), { appeared: [], gone: [] })
  put(7, 222, '/bin/a')
  put(8, 100, '/bin/other')
  const changed = look()
  assert.deepEqual(
    changed.appeared.map(({ pid, executable }) => [pid, executable]),
    [
      [7, '/bin/a'],
      [8, '/bin/other'],
    ],
  )
  // The one ended, the other is the same process still.
  assert.notEqual(changed.gone[0]?.process, changed.appeared[0]?.process)
  assert.equal(changed.gone[1]?.process, changed.appeared[1]?.process)
  end(7)
  assert.deepEqual(
    look().gone.map(({ pid }) => pid),
    [7],
  )
  rmSync(proc, { recursive: true })
})

test('a process that was made a moment ago is looked at every time, however many others there are', () => {
  const { proc, put } = fakeProc()
  const list = procfsList(proc)
  for (let pid = 100; pid < 400; pid++) put(pid, 1, '/bin/old')
  for (let i = 0; i < 40; i++) void list.look()
  put(500, 2, '/bin/shell')
  void list.look()
  put(500, 2, '/bin/tail')
  const { appeared } = list.look() as Exclude<ReturnType<typeof list.look>, Promise<unknown>>
  assert.deepEqual(
    appeared.map(({ pid, executable }) => [pid, executable]),
    [[500, '/bin/tail']],
  )
  rmSync(proc, { recursive: true })
})

test('a process that ends is no other program: what it ran is forgotten, and that is not told as something that it runs', () => {
  const { proc, put, end } = fakeProc()
  const list = procfsList(proc)
  const look = () => list.look() as Exclude<ReturnType<typeof list.look>, Promise<unknown>>
  const zombie = (pid: number): void => {
    rmSync(join(proc, String(pid), 'exe'))
    writeFileSync(join(proc, String(pid), 'stat'), `${pid} (x) Z 1 1 1 0 -1 4194308 0 0 0 0 7 5 0 0 20 0 1 0 100 0 0 0`)
  }
  put(7, 100, '/bin/a')
  void look()
  zombie(7)
  put(8, 100, '/bin/b', 7)
  zombie(8)
  // The second began and ended unseen: it was not seen, and so it is not counted as seen.
  assert.deepEqual(look(), { appeared: [], gone: [] })
  end(7)
  assert.deepEqual(
    look().gone.map(({ pid }) => pid),
    [7],
  )
  put(8, 300, '/bin/b')
  assert.deepEqual(
    look().appeared.map(({ executable }) => executable),
    ['/bin/b'],
  )
  rmSync(proc, { recursive: true })
})

test('the real /proc shows a process that we started', { skip: !isLinux && 'only Linux has /proc' }, async () => {
  const list = procfsList('/proc')
  await list.look()
  const child = spawn('sleep', ['30'])
  const { appeared } = await list.look()
  const seen = appeared.find(({ pid }) => pid === child.pid)
  child.kill('SIGKILL')
  await new Promise((ended) => child.once('exit', ended))
  const { gone } = await list.look()
  assert.equal(seen?.parent, process.pid)
  assert.ok(gone.some(({ process }) => process === seen?.process))
})
