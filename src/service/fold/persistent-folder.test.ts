import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Position } from '../../store/segments/segments.ts'
import type { Folder } from './folder.ts'
import { persistentFolder, type Failure } from './persistent-folder.ts'

const at = (offset: number): Position => ({ segment: 1, offset })

/** Frames of one byte each; what is written is what lasts. The disk is full while `room` is false. */
function world() {
  const written: number[] = []
  const state = { room: true }
  const open = async (): Promise<Folder> => {
    let [place, folded]: [number, number[]] = [written.length, []]
    return {
      async advance(until) {
        for (; place < until.offset; place++) folded.push(place)
      },
      flush() {
        const wanted = folded
        folded = []
        if (!state.room) throw new RunproofError('store.full', 'the disk is full')
        written.push(...wanted)
      },
      reschedule: async () => {},
      at: () => at(place),
      isDirty: () => folded.length > 0,
      unclaimed: () => 0,
    }
  }
  return { written, state, open }
}

test('what could not be written is read again before anything after it is written', async () => {
  const { written, state, open } = world()
  const [places, failures]: [Position[], Failure[]] = [[], []]
  const folder = await persistentFolder({
    open,
    onWritten: (place) => void places.push(place),
    onStalled: (failure) => void failures.push(failure),
  })
  await folder.advance(at(3))
  state.room = false
  folder.write()
  assert.deepEqual(failures, [{ code: 'store.full', message: 'the disk is full' }])

  // More comes in meanwhile, and there is room again: it waits for what is missing.
  await folder.advance(at(5))
  state.room = true
  folder.write()
  assert.deepEqual(written, [])
  await folder.resume()
  assert.deepEqual(written, [0, 1, 2, 3, 4])
  assert.deepEqual(places, [at(5)])
  assert.equal(folder.failure(), null)
})

test('while there is no room every attempt says so, and the next one starts from the same place', async () => {
  const { written, state, open } = world()
  let stalls = 0
  const folder = await persistentFolder({ open, onWritten: () => {}, onStalled: () => void stalls++ })
  state.room = false
  await folder.advance(at(2))
  folder.write()
  await folder.resume()
  assert.equal(stalls, 2)
  assert.equal(folder.failure()?.code, 'store.full')
  assert.equal(folder.isDirty(), false)
  state.room = true
  await folder.resume()
  assert.deepEqual(written, [0, 1])
})
