import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Question = {
  readonly patterns: readonly string[]
  readonly misses: readonly string[]
  readonly hits: readonly string[]
  readonly rounds: number
  readonly roundMs: number
}

/** Nanoseconds per check of the Go program that matches as the original did; null where there is no Go to build it with. */
export function askPeer(question: Question): { readonly miss: number; readonly hit: number } | null {
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) return null
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  try {
    const program = join(folder, 'guardpeer')
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', GOWORK: 'off' }
    const built = spawnSync('go', ['build', '-o', program, '.'], {
      cwd: join(import.meta.dirname, 'peer'),
      env,
      encoding: 'utf8',
    })
    if (built.status !== 0) throw new Error(`the Go program does not build: ${built.stderr}`)
    const run = spawnSync(program, { input: JSON.stringify(question), encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`the Go program failed: ${run.stderr}`)
    return JSON.parse(run.stdout) as { miss: number; hit: number }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
