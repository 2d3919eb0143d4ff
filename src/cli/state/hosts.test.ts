import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const main = join(import.meta.dirname, '..', '..', 'main.ts')
const soon = (): Promise<void> => new Promise((over) => setTimeout(over, 20))

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !holds(); tries++) await soon()
  assert.ok(holds())
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // One that nobody has collected yet runs no more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

test(
  'Ctrl-C ends what a run started here, and the run as by the signal',
  { skip: process.platform !== 'linux' && 'this is not Linux' },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runproof-interrupted-'))
    const note = join(folder, 'pid')
    const command = `echo $$ > ${note}.new; mv ${note}.new ${note}; exec sleep 300`
    writeFileSync(
      join(folder, 'goss.yaml'),
      JSON.stringify({ command: { slow: { exec: command, 'exit-status': 0, timeout: 300_000 } } }),
    )
    const run = spawn(process.execPath, [main, 'state', 'validate'], { cwd: folder, stdio: 'ignore' })
    const ended = new Promise<NodeJS.Signals | null>((over) => run.once('exit', (_code, signal) => over(signal)))
    await until(() => existsSync(note))
    const started = Number(readFileSync(note, 'utf8'))
    assert.ok(isRunning(started))
    run.kill('SIGINT')
    assert.equal(await ended, 'SIGINT')
    await until(() => !isRunning(started))
    rmSync(folder, { recursive: true })
  },
)
