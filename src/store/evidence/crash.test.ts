import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readEvidence } from './evidence.ts'
import { scratchDatabases } from './fixtures/deltas.ts'
import { ACTS, window } from './fixtures/numbered.ts'

const fresh = scratchDatabases()
const folder = fileURLToPath(new URL('fixtures/fold-forever.ts', import.meta.url))

test(
  'five kills in the middle of folding lose nothing that was folded, and place and rows stay in step',
  { timeout: 120_000 },
  async () => {
    const path = fresh()
    for (let round = 0; round < 5; round++) {
      const last = await foldUntilKilled(path, 6 + 5 * round)
      const reader = readEvidence(path)
      const { intake, revision } = reader.intakeOf(window)
      const folded = reader.place()?.offset ?? 0
      assert.ok(folded >= last && last > 0, `${last} deltas were acknowledged, ${folded} are there`)
      const sightings = [...intake.behaviours.values()].flatMap((behaviour) => [...behaviour.sightings.values()])
      assert.equal(
        sightings.reduce((sum, { count }) => sum + count, 0),
        ACTS * folded,
      )
      assert.equal(intake.behaviours.size, ACTS / 2 + (ACTS / 2) * folded)
      assert.deepEqual(intake.tally, new Map([['detection/falco', ACTS * folded]]))
      const [beat] = intake.watch.values()
      assert.ok(beat?.kind === 'beat' && beat.count === folded)
      assert.deepEqual(
        [revision, reader.batchOf(`b${folded}`)?.digest, reader.batchOf(`b${folded + 1}`)],
        [folded, `d${folded}`, null],
      )
      reader.close()
    }
  },
)

/** The last delta that the process said it had folded before it was killed. */
async function foldUntilKilled(path: string, lines: number): Promise<number> {
  const child = spawn(process.execPath, [folder, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.split('\n').length > lines) child.kill('SIGKILL')
  }
  return Number(said.split('\n').at(-2))
}
