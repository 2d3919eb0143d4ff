import type { Command } from './command.ts'

const own = `  show ID          a case with its evidence, its history and what there is to sign
  decide ID        signs a decision with your own key and hands it in
      --verdict V           waive (accept until a day), approve (legitimate, in its window alone), reject (a violation)
      --reason TEXT         why; without it: what waits for a second person, or what was asked for, as it stands
      --compensating TEXT   of a waiver: what protects instead
      --expires TIME        of a waiver: UTC like 2026-03-31T00:00:00Z, or from now, like 30d; at most 365 days
      --key FILE            your private key: P-256, PEM or OpenSSH, of mode 600. It must be enrolled (runproof key enrol)
                            and the manifest must name it. Encrypted: passphrase in the file that
                            RUNPROOF_KEY_PASSPHRASE_FILE names
      --dry-run             show what would be signed, and sign nothing
    What you sign is shown in words that are made on this machine from the very bytes; something else than you asked for
    is not signed. Nobody but you can make this signature, the service included: docs/guides/review.md.
`

/** Cases from the acts of a service, and the two that need more than flags. */
export async function caseCommand(): Promise<Command> {
  const [{ nounCommand }, { actions }] = await Promise.all([
    import('./client/action-command.ts'),
    import('../actions/registry.ts'),
  ])
  const acts = nounCommand('case', 'what people must decide, and deciding it', actions)
  return {
    ...acts,
    help: acts.help
      .replace('comment>', 'comment|decide>')
      .replace(
        '\nexamples:',
        `\n${own}\nexamples:\n  runproof case decide 7 --verdict waive --reason 'until the release' --compensating 'no egress' --expires 14d --key ada.pem`,
      ),
    async run(argv, io) {
      const [verb, ...rest] = argv
      if (verb === 'decide') return (await import('./case/decide.ts')).decide(rest, io)
      if (verb === 'show') return (await import('./case/show.ts')).show(rest, io)
      return acts.run(argv, io)
    },
  }
}
