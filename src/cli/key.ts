import type { Command } from './command.ts'

const own = `  enrol            shows the service that a key is yours: the key signs just that, and stays where it is
      --key FILE            your private key: P-256, PEM or OpenSSH, of mode 600; encrypted: passphrase in the file that
                            RUNPROOF_KEY_PASSPHRASE_FILE names. Make one:
                              openssl ecparam -name prime256v1 -genkey -noout -out ada.pem && chmod 600 ada.pem
                              ssh-keygen -t ecdsa -b 256 -f ada
    It then prints the public half: the owner puts it under approvers: in the manifest and signs that.
`

/** Keys from the acts of a service, and the one that needs a signature. */
export async function keyCommand(): Promise<Command> {
  const [{ nounCommand }, { actions }] = await Promise.all([
    import('./client/action-command.ts'),
    import('../actions/registry.ts'),
  ])
  const acts = nounCommand('key', 'the keys that people sign decisions with', actions)
  return {
    ...acts,
    help: acts.help.replace('\nexamples:', `\n${own}\nexamples:\n  runproof key enrol --key ada.pem`),
    async run(argv, io) {
      const [verb, ...rest] = argv
      return verb === 'enrol' ? (await import('./key/enrol.ts')).enrol(rest, io) : acts.run(argv, io)
    },
  }
}
