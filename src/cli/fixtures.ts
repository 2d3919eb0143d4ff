import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Io } from './command.ts'
import { runCommandLine } from './run.ts'

/** For tests only: what a command line printed and how it ended. */
export type Ran = { readonly code: number; readonly out: string; readonly err: string }
/** For tests only: a folder of its own, with a data folder in it, and the command line there. */
export type CommandLine = { readonly dir: string; readonly run: (...argv: string[]) => Promise<Ran> }

/** For tests only: the command line in a folder that is removed after the test, on a day in March 2026, with `first` before every argument. */
export function commandLine(t: TestContext, ...first: readonly string[]): CommandLine {
  const dir = mkdtempSync(join(tmpdir(), 'runproof-cli-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const run = async (...argv: string[]): Promise<Ran> => {
    const [out, err]: [string[], string[]] = [[], []]
    const io: Io = {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      interactive: false,
      columns: 100,
      colour: false,
      stdin: async function* () {},
      cwd: dir,
      env: { RUNPROOF_HOME: join(dir, 'home') },
      now: () => Date.parse('2026-03-01T12:00:00Z'),
    }
    const code = await runCommandLine([...first, ...argv], io)
    return { code, out: out.join('\n'), err: err.join('\n') }
  }
  return { dir, run }
}
