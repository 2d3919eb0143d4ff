import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fuzz, tried } from './engine.ts'
import { known } from './known.ts'
import { crasherFolder, runFuzz } from './run.ts'
import { Broken, bytesOf, textOf, type Prepared } from './target.ts'
import { mutateBytes } from './mutate.ts'
import { targetNamed, targets } from './targets/registry.ts'

const quiet = { onInput: () => undefined, budget: { seed: 1, inputs: 3000, seconds: 0, guided: false } }
const bracket: Prepared = {
  seeds: [bytesOf('{"a":1}')],
  mutate: mutateBytes,
  check(input) {
    if (textOf(input).includes('[')) throw new Broken('a bracket')
    return 'fine'
  },
}

test('a reader that breaks is found, and the input is made as small as it can be', async () => {
  const { crashers } = await fuzz(bracket, quiet.budget, quiet.onInput)
  assert.deepEqual(
    crashers.map(({ why, input }) => [why, textOf(input)]),
    [['a bracket', '[']],
  )
})

test('a run without coverage depends on its seed alone', async () => {
  const inputsOf = async (seed: number): Promise<readonly string[]> => {
    const inputs: string[] = []
    const check = (): string => 'fine'
    await fuzz({ ...bracket, check }, { ...quiet.budget, inputs: 200, seed }, (input) => inputs.push(textOf(input)))
    return inputs
  }
  assert.deepEqual(await inputsOf(7), await inputsOf(7))
  assert.notDeepEqual(await inputsOf(7), await inputsOf(8))
})

test('a target that does not exist is wrong usage', async () => {
  const err: string[] = []
  const lines = { out: () => undefined, err: (text: string) => void err.push(text) }
  assert.equal(await runFuzz(['--target', 'nope'], lines), 64)
  assert.match(err.join('\n'), /no target "nope"; there are .*audit/)
})

test('every reader survives a bounded run', async () => {
  const out: string[] = []
  const code = await runFuzz(['--quick', '--no-save'], { out: (text) => void out.push(text), err: (text) => void out.push(text) })
  assert.equal(code, 0, out.join('\n'))
  assert.equal(out.length, targets.length + 2)
})

const prepared = new Map<string, Promise<Prepared>>()
const crashers = globSync('*/*', { cwd: crasherFolder }).sort()

for (const path of crashers) {
  const reason = known.get(path)
  test(`what was found once is not found again: ${path}`, reason === undefined ? {} : { skip: reason }, async () => {
    const name = dirname(path)
    const { check } = await (prepared.get(name) ?? prepare(name))
    const { why } = await tried(check, new Uint8Array(readFileSync(join(crasherFolder, path))))
    assert.equal(why, null)
  })
}

test('what is known to be open is there to be replayed', () => {
  assert.deepEqual(
    [...known.keys()].filter((path) => !crashers.includes(path)),
    [],
  )
})

async function prepare(name: string): Promise<Prepared> {
  const one = Promise.resolve(targetNamed(name).prepare())
  prepared.set(name, one)
  return one
}
