import type { Command } from './command.ts'

/** Name → loader: a command's code is read only when it is called, so that `--version` stays quick. One line per command. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', async () => (await import('./start.ts')).start],
  ['assess', async () => (await import('./assess.ts')).assess],
  ['verify', async () => (await import('./verify.ts')).verify],
  ['show', async () => (await import('./show.ts')).show],
  ['diff', async () => (await import('./diff.ts')).diff],
  ['explain', async () => (await import('./explain.ts')).explain],
  ['events', async () => (await import('./events.ts')).events],
  ['manifest', async () => (await import('./manifest.ts')).manifest],
  ['waiver', async () => (await import('./waiver.ts')).waiver],
  ['ledger', async () => (await import('./ledger.ts')).ledger],
  ['dev', async () => (await import('./dev.ts')).dev],
])
