import { RunproofError } from '../../core/model/errors.ts'
import type { Command, Io } from './command.ts'
import { split } from './state/options.ts'

const help = `runproof state: what a server must be, checked on it or from here; every gossfile of goss runs as it is

usage:
  runproof state [options] validate [-f FORMAT] [-r 30s -s 1s] [--target T]… [--sudo] [--json]
  runproof state [options] serve    [-l 127.0.0.1:8080] [-e /healthz] [-c 5s] [-f FORMAT] [--target T]
  runproof state [options] render   [--debug]
  runproof state [options] add      [--exclude-attr A]… TYPE KEY… [--timeout 1s] [--target T]
  runproof state [options] autoadd  KEY… [--target T]
  runproof state [options] lint     [--strict] [--json]
  runproof state schema
  runproof state diff      BEFORE AFTER [--json]
  runproof state audit     --policies P --environment E      runtime policies as SARIF; runproof state audit --help
  runproof state observe   --policies P                      the same by schedule, with health endpoints; observe --help

options, before the subcommand or behind it:
  -g FILE, --gossfile   default ./goss.yaml; - is standard input. YAML or JSON, with templates
  --vars FILE           variables for templates; may be given again, later over earlier
  --vars-inline TEXT    YAML or JSON; its top-level keys replace those of --vars
  --package MANAGER     dpkg, rpm, apk or pacman; default: whichever the host has
  -L LEVEL              ERROR, WARN, INFO (default), DEBUG or TRACE
  --goss-compat         the answers of goss 0.4.10, its mistakes included; docs/guides/state.md lists what differs without

validate  checks, prints, and ends with goss's exit codes
  -f FORMAT             rspecish (default), documentation, json, structured, junit, tap, nagios, prometheus, silent
  -o OPTION             perfdata, verbose, pretty, sort, exclude_raw
  -r 30s, -s 1s         try again until it passes or the time is up (exit code 3), waiting so long between
  --max-concurrent 50   checks under way at once on one host
  --target T            instead of this machine: ssh://[USER@]HOST[:PORT], docker://NAME, podman://NAME, kubectl://NAMESPACE/POD[/CONTAINER];
                        may be given again. --targets A,B and --inventory FILE (one a line) name many
  --parallel 50         hosts under way at once
  --sudo                read as root on the targets, by sudo without a password
  --facts OUT           keep what the hosts answered: a file for one host, a folder for several
  --from FACTS          judge kept answers instead of asking; may be given again
  --out DIR             one file for each host instead of standard output
  --json                everything known of the run, all hosts, as one document
  --to FILE|-|URL       canonical records of the results as well, for runproof assess or a service (--state DIR for a URL, from runproof
                        forward enrol); --sensor NAME where this run is not the sensor \`state\`
serve     answers 200 while the checks pass and 503 while they do not; one run for however many ask
  -l, -e, -c            where to listen, the path, how long a run's results are kept. The gossfile is read again when it changes, or on SIGHUP
  /metrics              the results as Prometheus series
render    the gossfile after templates, variables and includes
add       reads how something is and writes it down as it should be; autoadd finds out the types by itself
lint      what passes without showing anything, what can never pass, what is a mistake; --strict: notes fail as well
schema    JSON Schema of gossfiles, for editors
diff      what changed on a host between two runs that kept their facts; exit code 1 when something did

The environment is goss's: GOSS_FILE, GOSS_VARS, GOSS_VARS_INLINE, GOSS_FMT, GOSS_FMT_OPTIONS, GOSS_RETRY_TIMEOUT, GOSS_SLEEP,
GOSS_MAX_CONCURRENT, GOSS_COLOR, GOSS_NOCOLOR, GOSS_CACHE, GOSS_LISTEN, GOSS_ENDPOINT, GOSS_LOGLEVEL.

examples:
  runproof state validate
  runproof state -g web.yaml --vars prod.yaml validate -f junit > result.xml
  runproof state validate --target ssh://ops@web-1 --target ssh://ops@web-2 --sudo
  runproof state validate --inventory hosts.txt --facts ./facts && runproof state diff facts/web-1.json later/web-1.json
  runproof state validate --to state.ndjson && runproof assess --bundle assurance --events state.ndjson
  runproof state serve -l 0.0.0.0:8080 -f json
  runproof state add file /etc/ssh/sshd_config && runproof state autoadd sshd
  runproof state validate -r 60s -s 2s --target docker://shop

exit codes: 0 everything passes; 1 something does not, a host cannot be reached, drift (diff), problems (lint); 2 failure in the format nagios;
3 the retries ran out of time; 64 wrong usage; 78 the gossfile cannot be loaded or checks nothing`

type Run = (before: readonly string[], rest: readonly string[], io: Io) => Promise<number>

const subcommands: ReadonlyMap<string, () => Promise<Run>> = new Map([
  ['validate', async () => (await import('./state/validate.ts')).validate],
  ['serve', async () => (await import('./state/serve.ts')).serve],
  ['render', async () => (await import('./state/render.ts')).render],
  ['add', async () => (await import('./state/add.ts')).add],
  ['autoadd', async () => (await import('./state/autoadd.ts')).autoadd],
  ['lint', async () => (await import('./state/lint.ts')).lintCommand],
  ['schema', async () => (await import('./state/schema.ts')).schema],
  ['diff', async () => (await import('./state/diff.ts')).diff],
  ['audit', async () => (await import('./state/audit.ts')).audit],
  ['observe', async () => (await import('./state/observe.ts')).observe],
])

/** As goss shortens its own. */
const aliases: Readonly<Record<string, string>> = { v: 'validate', s: 'serve', r: 'render', a: 'add', aa: 'autoadd' }

export const state: Command = {
  name: 'state',
  summary: 'check servers, containers and pods against gossfiles, with nothing installed there',
  help,
  async helpFor(argv) {
    const { name } = split(argv)
    if (name === 'audit') return (await import('./state/audit.ts')).auditHelp
    return name === 'observe' ? (await import('./state/observe.ts')).observeHelp : null
  },
  async run(argv, io) {
    const { before, name, rest } = split(argv)
    const load = subcommands.get(Object.hasOwn(aliases, name) ? (aliases[name] ?? '') : name)
    if (load) return (await load())(before, rest, io)
    const what = name === '' ? 'a subcommand is missing' : `there is no subcommand ${JSON.stringify(name)}`
    throw new RunproofError('usage', `${what}; one of: ${[...subcommands.keys()].join(', ')}`)
  },
}
