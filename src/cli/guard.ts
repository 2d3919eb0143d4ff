import { commandOf } from './subcommands.ts'

export const guard = commandOf(
  {
    name: 'guard',
    summary: 'watch this host by a policy: run, check, lint, replay, status, mode, learn',
    help: `usage: runproof guard run --policy FILE [--sensor auto|ebpf|tracefs|procfs|table] [--to FILE|-|URL] [options]
       runproof guard check POLICY [--sensor S|none] [--mode M] [--json]
       runproof guard lint POLICY [--strict] [--json]
       runproof guard replay FILE… --policy POLICY [--sensor auto|NAME] [--mode M] [--json]
       runproof guard status --control SOCKET [--json]
       runproof guard mode audit|alert|enforce --control SOCKET [--process NAME] [--key FILE] [--json]
       runproof guard learn --process NAME… [--for 60s] [--descendants] [--out FILE]
       runproof guard learn FILE… [--process NAME…] [--out FILE]

run      watches until it is told to stop, and writes canonical records: violations, counters, losses, faults
check    is it a policy, what does it say, and what of that can be seen, ended or prevented on this host; attaches and detaches a sensor
lint     where the policy means something else than the original semantics would (matching: compat), entry by entry
replay   recorded events of any sensor that Runproof reads, against a policy
status   how a running guard is: mode, coverage, counts
mode     changes the mode of a running guard, or of one entry of its policy; signed, recorded, in force when the command ends
learn    the least policy under which what was seen could have happened, with counts

options of run:
  --policy FILE        docs/formats/guard-policy.md
  --sensor S           auto (default): the best that works here. ebpf prevents or ends where the kernel allows it, tracefs sees all
                       and only watches (root), procfs looks again and again, table is for macOS and Windows and was not tried there
  --binary FILE        the eBPF sensor, where it is not in bpf/build; --binary-sha256 HEX: nothing else is run
  --to FILE|-|URL      where records go: a file, standard output (default), or a service, by way of the forwarder
  --mode M             instead of the policy's: audit, alert, enforce
  --matching M         instead of the policy's: strict, compat
  --control SOCKET     lets status and mode talk to it; only this user and root may
  --operator FILE      public key (PEM) of somebody who may change modes; many. Without one: whoever may use the socket
  --node NAME          default: $NODE_NAME, else this host's name
  --workload [NS/]NAME everything that is seen belongs to this workload; default: the host, or the container of the control group
  --heartbeat 10s      how often counters are written; at most half of the manifest's interval
  --webhook-secret FILE  signs alerts that go to webhooks
  --for 10m            stop after so long
  --quiet              no live view, even where somebody watches
  --state DIR          for --to URL: the memory in which it was enrolled: runproof forward enrol --sensor runproof …; also --ca, --cert,
                       --key, --insecure-http as of runproof forward

$RUNPROOF_GUARD_CONTROL stands for --control of status and mode. SIGHUP reads the policy anew.

exit codes: run 0 stopped, 3 could not, or records were lost; check 0 all that the policy asks for is to be had here, 1 not all;
replay 0 nothing against the policy, 1 violations, 2 something could not be read; lint 1 with --strict where something differs;
learn 2 nothing was seen; 3 could not do it, 64 wrong usage

examples:
  runproof guard check guard.yaml
  runproof guard run --policy guard.yaml --to guard.ndjson --control /run/runproof-guard.sock
  runproof guard mode enforce --process payments-api --control /run/runproof-guard.sock
  runproof guard replay guard.ndjson --policy stricter.yaml
  runproof guard learn --process nginx --for 10m --out nginx.guard.yaml`,
  },
  new Map([
    ['run', async () => (await import('./guard/run.ts')).runGuard],
    ['check', async () => (await import('./guard/check.ts')).checkPolicy],
    ['lint', async () => (await import('./guard/lint.ts')).lintGuardPolicy],
    ['replay', async () => (await import('./guard/replay.ts')).replay],
    ['status', async () => (await import('./guard/status.ts')).guardStatus],
    ['mode', async () => (await import('./guard/mode.ts')).guardMode],
    ['learn', async () => (await import('./guard/learn.ts')).learn],
  ]),
)
