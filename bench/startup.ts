import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, rounded, timed, type Bench } from './bench.ts'

const launcher = join(import.meta.dirname, '..', 'runproof')

/** The launcher as people call it, its shell included. */
export const startupBench: Bench = {
  name: 'startup',
  figures: { ms: 'runproof --version' },
  async run({ quick, scale }) {
    const rounds = Math.max(3, Math.round((quick ? 11 : 31) * scale))
    const start = (): number | null => spawnSync(launcher, ['--version'], { stdio: 'ignore' }).status
    const bare = (): number | null => spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' }).status
    if (start() !== 0 || bare() !== 0) throw new Error('runproof --version does not run')
    const [times, floor]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      floor.push((await timed(bare)).ms)
      times.push((await timed(start)).ms)
    }
    return {
      figures: { ms: rounded(median(times)) },
      note: `median of ${rounds}; an empty Node program takes ${rounded(median(floor))} ms here`,
    }
  },
}
