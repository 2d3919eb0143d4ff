import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchPaths } from './changes.ts'
import { scratch, until } from './fixtures.ts'

const quick = { debounceMs: 30, everyMs: 100 }

test('a file that changes, one deep in a folder, one that appears later and one that goes away are told', async (t) => {
  const folder = scratch(t)
  mkdirSync(join(folder, 'etc', 'conf.d'), { recursive: true })
  writeFileSync(join(folder, 'etc', 'main.conf'), 'a')
  const told: string[] = []
  const changes = watchPaths({
    ...quick,
    paths: [join(folder, 'etc'), join(folder, 'later', 'on.conf')],
    onChange: (changed) => told.push(...changed),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    writeFileSync(join(folder, 'etc', 'main.conf'), 'b')
    await until(() => told.includes(join(folder, 'etc', 'main.conf')))
    mkdirSync(join(folder, 'etc', 'conf.d', 'new'))
    writeFileSync(join(folder, 'etc', 'conf.d', 'new', 'deep.conf'), 'x')
    await until(() => told.includes(join(folder, 'etc', 'conf.d', 'new', 'deep.conf')))
    mkdirSync(join(folder, 'later'))
    writeFileSync(join(folder, 'later', 'on.conf'), 'x')
    await until(() => told.includes(join(folder, 'later', 'on.conf')))
    told.length = 0
    rmSync(join(folder, 'later'), { recursive: true })
    await until(() => told.includes(join(folder, 'later', 'on.conf')))
  } finally {
    changes.close()
  }
})

test('a file that is replaced, also by one of the same size and age, has changed; reading it changes nothing', async (t) => {
  const folder = scratch(t)
  const file = join(folder, 'a')
  writeFileSync(file, 'one')
  const old = new Date(2020, 0, 1)
  utimesSync(file, old, old)
  const told: string[] = []
  const changes = watchPaths({
    ...quick,
    paths: [file],
    onChange: (changed) => told.push(...changed),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    await sleep(250)
    assert.equal(told.length, 0)
    writeFileSync(join(folder, 'b'), 'two')
    utimesSync(join(folder, 'b'), old, old)
    renameSync(join(folder, 'b'), file)
    await until(() => told.includes(file))
  } finally {
    changes.close()
  }
})

test('a swarm of changes is told once it is quiet', async (t) => {
  const folder = scratch(t)
  const times: number[] = []
  const changes = watchPaths({
    debounceMs: 200,
    everyMs: 60,
    paths: [folder],
    onChange: (changed) => times.push(changed.length),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    for (let count = 0; count < 10; count++) {
      writeFileSync(join(folder, String(count)), 'x')
      await sleep(15)
    }
    await until(() => times.length > 0)
    await sleep(300)
    assert.equal(times.length, 1)
    assert.ok((times[0] ?? 0) >= 10)
  } finally {
    changes.close()
  }
})

test('more than can be watched is told, and a loop of links is none', async (t) => {
  const folder = scratch(t)
  symlinkSync(folder, join(folder, 'again'))
  for (let count = 0; count < 20; count++) writeFileSync(join(folder, String(count)), '')
  const problems: string[] = []
  const changes = watchPaths({
    ...quick,
    mostEntries: 10,
    paths: [folder],
    onChange: () => {},
    onProblem: (message) => problems.push(message),
  })
  await changes.ready
  changes.close()
  assert.match(problems.join(), /more than 10 files/)
})
