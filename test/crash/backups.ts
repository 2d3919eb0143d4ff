import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Backups of a data folder in use, made by the command that people use. */
export class Backups {
  readonly folder = mkdtempSync(join(tmpdir(), 'runproof-crash-backups-'))
  private readonly data: string
  private made = 0
  /** Those that were made whole, and those that a kill cut short. */
  count = { whole: 0, killed: 0 }

  constructor(data: string) {
    this.data = data
  }

  /** Begins one; both resolve when its process is gone, whether it was made or not. */
  begin(): { readonly ended: Promise<void>; readonly kill: () => Promise<void> } {
    const out = this.file(this.made++)
    const child = command(['backup', '--data', this.data, '--out', out])
    // What it says is read, so that it never waits for a reader.
    child.stdout.resume()
    child.stderr.resume()
    const ended = new Promise<void>((done) => {
      child.on('close', () => {
        this.count[existsSync(out) ? 'whole' : 'killed']++
        done()
      })
    })
    return {
      ended,
      async kill() {
        child.kill('SIGKILL')
        await ended
      },
    }
  }

  /** Whatever is wrong with those that are there: one appears whole or not at all. */
  async faults(): Promise<readonly string[]> {
    const faults: string[] = []
    for (let number = 0; number < this.made; number++) {
      const file = this.file(number)
      if (!existsSync(file)) continue
      const { code, said } = await run(['backup', '--check', file, '--keys', join(this.data, 'keys')])
      if (code !== 0) faults.push(`backup ${number} cannot be relied upon: ${said}`)
    }
    return faults
  }

  /** A data folder of the last one that was made; null when it could not be restored. */
  async restored(): Promise<string | null> {
    const folder = join(this.folder, 'restored')
    const { code } = await run(['restore', this.file(this.made - 1), '--data', folder, '--keys', join(this.data, 'keys')])
    return code === 0 ? folder : null
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  private file(number: number): string {
    return join(this.folder, `${number}.tar`)
  }
}

function command(line: readonly string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RUNPROOF_')))
  return spawn(process.execPath, [join(root, 'src', 'main.ts'), ...line], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

function run(line: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = command(line)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((done) => child.on('close', (code) => done({ code, said: said.slice(-1000) })))
}
