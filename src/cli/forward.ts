import type { Command } from './command.ts'

const help = `usage: runproof forward --sensor S [FILE | -] --state DIR [--server URL] [options]
       runproof forward enrol --server URL --token-file FILE --name NAME --sensor S --state DIR
       runproof forward status --state DIR [--json]

Stands beside a sensor and brings what it writes to a Runproof service: every line once and in order, in signed and numbered
batches, through rotation, restarts and a service that is away. FILE is followed; - (default) is standard input.

options:
  --sensor S           falco, tetragon, tracee, kubearmor, runproof or auto; default: as enrolled
  --state DIR          its memory: key, place in the log, batches that wait. One folder for one forwarder
  --server URL         default: $RUNPROOF_SERVER, else as enrolled
  --node NAME          the node that the sensor watches; default: $NODE_NAME, else what the sensor's metrics say, else this host
  --from start|end     where to begin a log that was never read (default start)
  --spool SIZE         how much may wait on disk (default 1GB). When it is full a file is not read on; of standard input the newest
                       lines are dropped, counted, and recorded as a loss
  --compress gzip|zstd default gzip
  --heartbeat 30s      an empty batch when nothing else was sent for so long
  --scrape URL         read the sensor's Prometheus metrics (falco, tetragon, tracee), so that its losses have numbers
  --scrape-every 30s
  --ca FILE            whose certificates are believed, instead of the system's: PEM
  --cert FILE --key FILE   who we are, for mTLS: PEM
  --insecure-http      plain http to another machine, which anybody on the way can read

docs/guides/forward.md shows systemd and Kubernetes; docs/formats/batch.md is what is sent.

exit codes: 0 stopped, or everything of a stream was sent; 3 the service refuses, or batches still wait; 64 wrong usage

examples:
  runproof forward enrol --server https://runproof.example --token-file token --name node-a-falco --sensor falco --state /var/lib/runproof-forward
  runproof forward /var/log/falco.json --state /var/lib/runproof-forward --scrape http://127.0.0.1:8765/metrics
  kubectl logs -n kube-system ds/tetragon -c export-stdout -f | runproof forward --sensor tetragon - --state ./state`

export const forward: Command = {
  name: 'forward',
  summary: 'stand beside a sensor and bring what it writes to a service, signed and without loss',
  help,
  async run([name = '', ...rest], io) {
    if (name === 'enrol') return (await import('./forward/enrol.ts')).enrolForwarder(rest, io)
    if (name === 'status') return (await import('./forward/status.ts')).forwarderStatus(rest, io)
    return (await import('./forward/run.ts')).runForwarder(name === '' ? rest : [name, ...rest], io)
  },
}
