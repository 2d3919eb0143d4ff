import { commandOf, type Subcommands } from './subcommands.ts'

const help = `runproof manifest: what is promised, as a document that is checked, signed and compared

usage:
  runproof manifest init     [DIR] --application A --environment E [--namespace N] [--workload W]… [--owner O]
  runproof manifest validate [DIR|FILE]
  runproof manifest lint     [DIR|FILE] [--strict]
  runproof manifest sign     [DIR|FILE] [--key FILE] [--data DIR]
  runproof manifest show     [DIR|FILE] [--key FILE] [--trust FILE] [--data DIR]
  runproof manifest diff     BEFORE AFTER [--strict]
  runproof manifest publish  [DIR] [--server URL] [--token-file FILE]
  runproof manifest list     [--application A --environment E]
  runproof manifest schema   [manifest|redaction|waiver]

DIR is a bundle folder with one manifest.yaml, .yml or .json; default: the current folder. All take --json.

  init      writes a commented manifest.yaml with five controls; never over one that is there
  validate  every mistake at once, also of redaction.yaml: file, line, column, value, fix
  lint      where a valid manifest promises less than it seems to (RP001 …, listed in docs/formats/manifest.md)
              --strict       warnings fail as well; notes never do
  sign      writes manifest.dsse.json, and owner.pub where it is missing; a signed version keeps its content
              --key FILE     the owner's private key (P-256, PEM); default: the owner key of the data folder, made on first use
              --data DIR     the data folder; default: $RUNPROOF_HOME, else the XDG state folder
            An encrypted key takes its passphrase from the file that RUNPROOF_KEY_PASSPHRASE_FILE names.
  show      scope, sensors, controls, approvers, and whether the signature holds
              --trust FILE   check it with the owners in this trust root
              --key FILE     check it with this public key (PEM); default: owner.pub beside it, else this machine's owner key
  diff      what another version promises differently, and whether that widens (+) or weakens (!) it
              --strict       exit 1 when a change weakens the promise
  publish   hand the signed bundle to a service: it governs the windows that start from now on
  list      what a service has published
              --server URL, --token-file FILE   the service; default: $RUNPROOF_SERVER and $RUNPROOF_TOKEN_FILE
  schema    JSON Schema for editors

examples:
  runproof manifest init assurance --application payments --environment prod --workload api --workload worker
  runproof manifest validate assurance && runproof manifest lint assurance --strict
  runproof manifest sign assurance --key owner.pem
  git show main:assurance/manifest.yaml > /tmp/before.yaml && runproof manifest diff /tmp/before.yaml assurance --strict

exit codes: 0 done; 1 problems (validate, lint), a signature that does not hold (show), a weaker promise (diff --strict);
3 could not do it; 64 wrong usage`

const subcommands: Subcommands = new Map([
  ['init', async () => (await import('./manifest/init.ts')).init],
  ['validate', async () => (await import('./manifest/validate.ts')).validate],
  ['lint', async () => (await import('./manifest/lint.ts')).lintCommand],
  ['sign', async () => (await import('./manifest/sign.ts')).sign],
  ['show', async () => (await import('./manifest/show.ts')).show],
  ['diff', async () => (await import('./manifest/diff.ts')).diff],
  ['publish', async () => (await import('./manifest/publish.ts')).publish],
  [
    'list',
    async () => {
      const [{ runAction }, { listManifests }] = await Promise.all([
        import('./client/action-command.ts'),
        import('../actions/list-manifests.ts'),
      ])
      return (argv, io) => runAction(listManifests as never, argv, io)
    },
  ],
  ['schema', async () => (await import('./manifest/schema.ts')).schema],
])

export const manifest = commandOf(
  { name: 'manifest', summary: 'write, check, sign and compare the promise that a window is judged by', help },
  subcommands,
)
