import { commandOf, type Subcommands } from './subcommands.ts'

const help = `runproof waiver: accept a violation for a limited time, signed by an approver

usage:
  runproof waiver sign --bundle DIR --control ID (--fingerprint F… | --workload P… | --target P… | --executable P…)
                       --reason TEXT --compensating TEXT --requested-by NAME --expires TIME
                       [--not-before TIME] [--id ID] --key FILE [--out FILE]
  runproof waiver list --bundle DIR [--at TIME]
  runproof waiver show FILE [--bundle DIR [--at TIME]]

  at a service (--server, --token-file; see runproof case --help):
  runproof waiver propose (--case ID | --application A --environment E --control ID (--fingerprints F… | --workloads P… |
                          --targets P… | --executables P…)) --reason TEXT --compensating TEXT --expires TIME
  runproof waiver held    [--application A --environment E] [--state STATE] [--at TIME]
  runproof waiver revoke  DIGEST --reason TEXT --key FILE

All take --json.

  sign   writes waivers/<id>.dsse.json into the bundle
           --fingerprint F     one behaviour, as a report names it (rpf1:…): the narrowest scope; may be repeated
           --workload P        name or glob of workloads; --target P, --executable P likewise; all that are given must match
           --compensating TEXT what protects instead while it lasts
           --requested-by NAME who asked for it: never the approver who signs
           --expires TIME      UTC like 2026-03-31T00:00:00Z, or from now, like 30d; at most 365 days from now
           --not-before TIME   default: now. A window is judged as of its end: for one that is over, name a time before that
           --key FILE          the approver's private key (P-256, PEM), of mode 600; the manifest must name its public half
         An encrypted key takes its passphrase from the file that RUNPROOF_KEY_PASSPHRASE_FILE names.
         A waiver holds for the control as it stood when it was signed; once the control is changed, it no longer counts.
  list   every waiver of a bundle: active, not yet, expired or refused, and why
           --at TIME           evaluation time; default: now
  show   what one waiver says; with --bundle also whether it counts there
  propose  asks for an exception, which becomes a case; somebody else signs it (runproof case decide)
  held     every waiver that a service has, who signed it, and whether it holds now
  revoke   takes one back by a signed statement: windows that are judged from then on do not count it

examples:
  runproof waiver sign --bundle assurance --control payments.connect.outbound --target '198.51.100.23:8443' \\
    --reason 'the old settlement host is retired on 31 March' --compensating 'mTLS, and its traffic is logged' \\
    --requested-by 'Ines Roth' --expires 2026-03-31T00:00:00Z --key jane.pem
  runproof waiver list --bundle assurance --at 2026-04-01T00:00:00Z

exit codes: 0 done; 1 refused (show --bundle); 3 could not do it; 64 wrong usage`

const subcommands: Subcommands = new Map([
  ['sign', async () => (await import('./waiver/sign.ts')).sign],
  ['list', async () => (await import('./waiver/list.ts')).list],
  ['show', async () => (await import('./waiver/show.ts')).show],
  ['propose', async () => (await import('./waiver/service.ts')).propose],
  ['held', async () => (await import('./waiver/service.ts')).held],
  ['revoke', async () => (await import('./waiver/service.ts')).revoke],
])

export const waiver = commandOf(
  { name: 'waiver', summary: 'accept a violation for a limited time, signed by an approver', help },
  subcommands,
)
