import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { Guard } from '../../guard/guard.ts'
import { alertTarget } from '../../guard/policy/alert-target.ts'
import { timeOf } from '../../guard/probes/clock.ts'
import { Alerts } from '../../guard/run/alerts.ts'
import { listen } from '../../guard/run/control.ts'
import { Outlet } from '../../guard/run/outlet.ts'
import { recordsOf, type Records, type Whose } from '../../guard/run/records.ts'
import { GuardRun } from '../../guard/run/run.ts'
import { readPrivateFile } from '../../keys/private-file.ts'
import { readText } from '../../lib/io/read-text.ts'
import { counted, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { connectionOptions, durationNamed } from '../forward/options.ts'
import { version } from '../run.ts'
import { destinationOf, type Destination } from './destination.ts'
import { liveView, type LiveView } from './live-view.ts'
import { loadPolicy, type LoadedPolicy } from './policy.ts'
import { candidates, passedOver, sensorOptions, type Candidate } from './probes.ts'
import { untilAsked } from './until.ts'

const usage = 'runproof guard run --policy FILE [--sensor auto|ebpf|tracefs|procfs] [--to FILE|-|URL] [options]'

const options = {
  ...connectionOptions,
  ...sensorOptions,
  policy: { type: 'string' },
  to: { type: 'string', default: '-' },
  mode: { type: 'string' },
  matching: { type: 'string' },
  control: { type: 'string' },
  operator: { type: 'string', multiple: true },
  state: { type: 'string' },
  node: { type: 'string' },
  workload: { type: 'string' },
  'webhook-secret': { type: 'string' },
  heartbeat: { type: 'string', default: '10s' },
  for: { type: 'string' },
  quiet: { type: 'boolean' },
} as const

/** Watches until it is told to stop. */
export async function runGuard(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options })
  const loaded = await loadPolicy(required(values.policy, '--policy', usage), io, values)
  const asked = await askedOf(values, loaded, io)
  const view = io.interactive && values.quiet !== true && values.to !== '-' ? liveView(io) : null
  const say = (message: string): void => (view === null ? io.err(`runproof guard: ${message}`) : view.say(message))
  const destination = await destinationOf(values.to, { values, node: asked.whose.node, say, io })
  const reload = async (run: GuardRun): Promise<string> => {
    const { compiled } = await loadPolicy(loaded.path, io, values)
    await run.reload(compiled)
    say(`the policy was read anew: ${compiled.digest}`)
    return compiled.digest
  }
  let running: GuardRun | null = null
  const until = untilAsked(asked.forMs, () => {
    if (running !== null) void reload(running).catch((error: unknown) => say(`the old policy stays: ${reason(error)}`))
  })
  try {
    const run = await started({ ...asked, loaded, destination, say, view, io })
    running = run
    const stopControl = asked.control === null ? null : await controlled(asked.control, run, asked, () => reload(run))
    try {
      view?.show(() => run.status(), destination.shown)
      await Promise.race([until.asked, destination.failed])
    } finally {
      await stopControl?.()
      running = null
    }
    const lost = await run.stop()
    view?.end()
    return await ended(run, lost, destination, io)
  } finally {
    until.end()
    view?.end()
    await destination.close()
  }
}

type Asked = {
  readonly whose: Whose
  readonly records: Records
  readonly chosen: readonly Candidate[]
  readonly passedOver: readonly Candidate[]
  readonly secret: Uint8Array | null
  readonly countersMs: number
  readonly forMs: number | null
  readonly control: string | null
  /** PEM of those who may change modes; null: whoever may use the socket. */
  readonly operators: readonly string[] | null
}
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

/** Everything that the command line asks for, checked before anything is begun. */
async function askedOf(values: Values, { compiled }: LoadedPolicy, io: Io): Promise<Asked> {
  const whose = whoseOf(values, io)
  const { operator, control } = values
  return {
    whose,
    records: recordsOf(whose),
    chosen: candidates(values, io),
    passedOver: passedOver(values, io),
    secret: secretOf(values['webhook-secret'], compiled.policy.alerts, io),
    countersMs: durationNamed(values.heartbeat ?? '10s', '--heartbeat'),
    forMs: values.for === undefined ? null : durationNamed(values.for, '--for'),
    control: control === undefined ? null : resolve(io.cwd, control),
    operators: operator === undefined ? null : await Promise.all(operator.map((file) => readText(resolve(io.cwd, file), 4096))),
  }
}

type Starting = Asked & {
  readonly loaded: LoadedPolicy
  readonly destination: Destination
  readonly say: (message: string) => void
  readonly view: LiveView | null
  readonly io: Io
}

/** The first candidate that can watch here. What the policy demands and no probe of this host can do is not got round. */
async function started(starting: Starting): Promise<GuardRun> {
  const { chosen, say, destination } = starting
  const outlet = new Outlet({
    sink: destination.sink,
    lost: (lost) => starting.records.loss({ ...lost, received: null, reason: 'output_full' }),
    say,
    now: starting.io.now,
  })
  for (const { kind, why } of starting.passedOver) say(`${kind} is not used: ${why}`)
  for (const [index, candidate] of chosen.entries()) {
    const run = runOf(candidate, outlet, starting)
    try {
      await run.start()
      say(`watching with ${candidate.kind}, mode ${starting.loaded.compiled.mode}; records go to ${destination.shown}`)
      return run
    } catch (error) {
      const isLast = index === chosen.length - 1
      const { mode, policy } = starting.loaded.compiled
      // What is to be prevented no lesser sensor can prevent.
      if (isLast || (mode === 'enforce' && policy.enforce === 'prevent')) throw error
      say(`${candidate.kind} cannot be used here: ${reason(error)}; trying ${chosen[index + 1]?.kind}`)
    }
  }
  throw new RunproofError('guard.not_ready', 'no sensor can be used here')
}

function runOf(
  { make }: Candidate,
  outlet: Outlet,
  { loaded, records, secret, countersMs, say, view, whose, io }: Starting,
): GuardRun {
  const { name, compiled } = loaded
  const alerts = new Alerts({
    lists: compiled.policy.alerts,
    targetOf: alertTarget,
    secret,
    log: say,
    failed(what) {
      say(what)
      outlet.put(records.fault({ at: timeOf(io.now()), what, lasting: false }))
    },
    now: io.now,
  })
  const guard = new Guard(compiled, { host: whose.node, now: io.now })
  return new GuardRun({
    guard,
    policyName: name,
    version: version(),
    records,
    outlet,
    alerts,
    probe: make,
    countersMs,
    now: io.now,
    say,
    ...(view !== null && { onViolation: (violation) => view.violation(violation) }),
  })
}

function controlled(
  path: string,
  run: GuardRun,
  { whose, operators }: Asked,
  reload: () => Promise<string>,
): Promise<() => Promise<void>> {
  return listen({
    path,
    node: whose.node,
    operators,
    status: () => run.status(),
    setMode: ({ mode, process, keyId, envelope, key }) =>
      run.setMode(mode, process, { keyId, proof: JSON.stringify({ envelope, key }) }),
    reload,
  })
}

async function ended(run: GuardRun, lost: number, destination: Destination, io: Io): Promise<number> {
  const left = await destination.finish()
  const { stats } = run.status()
  io.err(
    `runproof guard: stopped; ${counted(stats.totalEvents, 'event')} checked, ${counted(stats.violations, 'violation')}, ${stats.blocked} blocked, ${stats.killed} killed`,
  )
  if (left > 0)
    io.err(`runproof guard: waiting in the spool until it runs again: ${counted(left, 'batch').replace(/batchs$/, 'batches')}`)
  if (lost > 0) io.err(`runproof guard: ${counted(lost, 'record')} could not be written`)
  return lost > 0 ? EXIT.could_not : EXIT.ok
}

function whoseOf({ node, workload }: Values, io: Io): Whose {
  const name = node ?? (io.env['NODE_NAME'] || hostname())
  const [, namespace = null, own = ''] = /^(?:([^/]+)\/)?([^/]+)$/.exec(workload ?? '') ?? []
  if (workload !== undefined && own === '')
    throw new RunproofError('usage', `--workload is NAME or NAMESPACE/NAME, not ${JSON.stringify(workload)}`)
  return { node: name, workload: workload === undefined ? null : { namespace, name: own } }
}

/** Whoever gets an alert by a webhook must be able to tell that it is ours. */
function secretOf(
  file: string | undefined,
  alerts: { readonly on_violation: readonly string[]; readonly on_critical: readonly string[] },
  io: Io,
): Uint8Array | null {
  const isNeeded = [...alerts.on_violation, ...alerts.on_critical].some((target) => alertTarget(target).kind === 'webhook')
  if (file === undefined && isNeeded)
    throw new RunproofError(
      'usage',
      'the policy alerts by webhook, which is signed: name a file with a secret by --webhook-secret',
    )
  if (file === undefined) return null
  const secret = readPrivateFile(resolve(io.cwd, file))?.trim() ?? ''
  if (secret.length < 16) throw new RunproofError('key.unreadable', `${file} holds no secret of at least 16 characters`)
  return new TextEncoder().encode(secret)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
