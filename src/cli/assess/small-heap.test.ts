import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { inSmallHeap } from './small-heap.ts'

test('portions pass as they are, in order, and an error of their source too', async () => {
  async function* source(): AsyncGenerator<number, void> {
    yield* [1, 2, 3]
    throw new Error('cut')
  }
  const seen: number[] = []
  await assert.rejects(
    async () => {
      for await (const portion of inSmallHeap(source())) seen.push(portion)
    },
    { message: 'cut' },
  )
  assert.deepEqual(seen, [1, 2, 3])
})

/** In a process of its own: the flag is the process's, and a nursery that has grown stays so. Of what is made, some lives on for a while. */
const program = `
  const { inSmallHeap, nurseryBytes } = await import(process.argv[1])
  const kept = Array.from({ length: 100_000 }, () => null)
  const fill = () => { for (let i = 0; i < 20_000; i++) kept[Math.floor(Math.random() * kept.length)] = { i, text: 'x' + i } }
  async function* portions() { for (let i = 0; i < 200; i++) yield i }
  for await (const _ of inSmallHeap(portions())) fill()
  const within = nurseryBytes()
  for (let i = 0; i < 200; i++) fill()
  console.log(JSON.stringify({ within, behind: nurseryBytes() }))
`

test('the nursery is held while portions are read, and grows again behind them', () => {
  const path = new URL('small-heap.ts', import.meta.url).href
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, path], { encoding: 'utf8' })
  assert.equal(stderr, '')
  const { within, behind } = JSON.parse(stdout) as { readonly within: number; readonly behind: number }
  assert.ok(within > 0 && within <= 32 * 1024 * 1024, `${within} bytes while portions were read`)
  assert.ok(behind > within, `${behind} bytes behind them`)
})
