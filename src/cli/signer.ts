import { commandOf, type Subcommands } from './subcommands.ts'

const help = `runproof signer: the key that signs reports

usage:
  runproof signer list                        [--data DIR] [--json]
  runproof signer rotate                      [--data DIR] [--json]
  runproof signer revoke KEYID --because TEXT [--data DIR] [--json]

  list    the keys that signed reports here, and where in the ledger each came to its end; --json adds for every rotation the
          two signed bundles by which a stranger who trusts the old key can follow to the new one
  rotate  a new report key takes the place of the present one; both sign that it is so, and the ledger holds it. Reports of
          the old key stay verifiable, what it signs from then on does not. A running service uses the new key for its next report
  revoke  from its entry in the ledger on nothing that this key signs verifies; what the ledger holds before it still does. The
          key in use is replaced in the same step
            KEYID           as list shows it; its first 8 characters or more are enough when they are one key's
            --because TEXT  why, in at most 500 characters; it stands in the ledger and in trust roots for good

  --data DIR  the data folder (default: $RUNPROOF_HOME, else $XDG_STATE_HOME/runproof, else ~/.local/state/runproof)

Afterwards hand out the trust root again (runproof trust show --json): who still has an older one does not know of the change.
An encrypted key takes its passphrase from the file that RUNPROOF_KEY_PASSPHRASE_FILE names, and its successor the same.

examples:
  runproof signer rotate --data /var/lib/runproof
  runproof signer revoke 7Yx1Qk3v --because "the laptop that held a copy was stolen"
  runproof signer list --json > signers.json

exit codes: 0 done, 3 could not, 64 wrong usage. docs/guides/keys.md says what to do when.`

const subcommands: Subcommands = new Map([
  ['list', async () => (await import('./signer/list.ts')).list],
  ['rotate', async () => (await import('./signer/change.ts')).rotate],
  ['revoke', async () => (await import('./signer/change.ts')).revoke],
])

export const signer = commandOf(
  { name: 'signer', summary: 'the key that signs reports: list, rotate, revoke', help },
  subcommands,
)
