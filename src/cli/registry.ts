import type { Command } from './command.ts'

/** Commands that ask a service; each is made from the acts of its noun. */
const nouns = (
  [
    ['overview', 'where every application stands'],
    ['window', 'windows of a service, sealed and open'],
    ['finding', 'search the findings of judged windows'],
    ['sensor', 'who sends evidence: invite, list, revoke'],
    ['token', 'API tokens'],
    ['person', 'people and their roles'],
    ['access-log', 'who looked at what'],
    ['trust', 'the trust root that a service’s reports verify with'],
  ] as const
).map(
  ([noun, summary]) =>
    [
      noun,
      async (): Promise<Command> => {
        const [{ nounCommand }, { actions }] = await Promise.all([
          import('./client/action-command.ts'),
          import('../actions/registry.ts'),
        ])
        return nounCommand(noun, summary, actions)
      },
    ] as const,
)

/** Name → loader: a command's code is read only when it is called, so that `--version` stays quick. One line per command. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', async () => (await import('./start.ts')).start],
  ['assess', async () => (await import('./assess.ts')).assess],
  ['verify', async () => (await import('./verify.ts')).verify],
  ['show', async () => (await import('./show.ts')).show],
  ['diff', async () => (await import('./diff.ts')).diff],
  ['explain', async () => (await import('./explain.ts')).explain],
  ['events', async () => (await import('./events.ts')).events],
  ['forward', async () => (await import('./forward.ts')).forward],
  ['guard', async () => (await import('./guard.ts')).guard],
  ['manifest', async () => (await import('./manifest.ts')).manifest],
  ['waiver', async () => (await import('./waiver.ts')).waiver],
  ['case', async () => (await import('./case.ts')).caseCommand()],
  ['key', async () => (await import('./key.ts')).keyCommand()],
  ['ledger', async () => (await import('./ledger.ts')).ledger],
  ['serve', async () => (await import('./serve.ts')).serve],
  ['signer', async () => (await import('./signer.ts')).signer],
  ['backup', async () => (await import('./backup.ts')).backup],
  ['restore', async () => (await import('./restore.ts')).restore],
  ['access', async () => (await import('./access.ts')).access],
  ['config', async () => (await import('./config.ts')).config],
  ['report', async () => (await import('./report.ts')).report],
  ['state', async () => (await import('./state.ts')).state],
  ...nouns,
  ['dev', async () => (await import('./dev.ts')).dev],
])
