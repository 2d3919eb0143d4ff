import { once } from 'node:events'
import type { Server } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { readPrivateFile } from '../../keys/private-file.ts'
import { CronFault, readCron, type Schedule } from '../../state/observe/cron.ts'
import { History, type Retention } from '../../state/observe/history.ts'
import type { Counted } from '../../state/observe/metrics.ts'
import { createObserver, type Due, type Observer, type Told } from '../../state/observe/observer.ts'
import { Outbox } from '../../state/observe/outbox.ts'
import { observeServer } from '../../state/observe/server.ts'
import { deliver, secretOf, type Courier, type HookSecrets } from '../../state/observe/webhook.ts'
import { healthOf, worstOf } from '../../state/observe/watched.ts'
import { selectPolicies } from '../../state/policies/audit.ts'
import type { Hook, PolicyFile, PolicyProblem } from '../../state/policies/model.ts'
import { sensorOf } from '../../state/policies/policy-records.ts'
import { connectionOptions } from '../forward/options.ts'
import { destinationOf, type Destination } from '../guard/destination.ts'
import { EXIT, type Io } from '../command.ts'
import { version } from '../run.ts'
import { duration, read, text, type Read } from './options.ts'
import { checkerOf, environmentOf, policiesOf, policyOptions, tagsOf } from './policy-options.ts'

const usage = 'runproof state observe --policies FILE|DIR [--environment NAME] [options]'

export const observeHelp = `usage: ${usage}

Watches over runtime policies: runs each when it is due and when a file changes that it watches, one run at a time for each, and tells
probers, Prometheus, webhooks and Runproof how things stand.

  --policies P, --environment NAME, --tags-any, --tags-all, --target T … as for audit
  --schedule CRON      for policies without one of their own (default: Config.Flags.policy_schedule, else @hourly); five fields, or six
                       with seconds in front
  --time-zone ZONE     of all schedules, like Europe/Berlin; default UTC
  -l ADDRESS           where to listen; default 127.0.0.1:8080; none: nowhere
  -e PATH              default /healthz: 200 while everything is well, 503 while it is not; /healthz/POLICY and /healthz/HOST too;
                       text, JSON or any format of goss, as Accept asks. /metrics: Prometheus series of every check
  --to FILE|-|URL      canonical records of every run: for assess, or straight to a service (--state DIR holds the forwarder's memory)
  --results DIR        keep every run with its SARIF report; drift is told across restarts
  --keep 30d, --keep-runs 1000   how long and how many of them, for each policy
  --outbox DIR         webhook messages that wait outlive a restart; default: in memory
  --secret-file FILE   key that webhooks are signed with (whsec_…), mode 0600; default $RUNPROOF_WEBHOOK_SECRET
  --once               run everything once, tell it, and end: 0 all well, 1 something fails, 3 something could not be judged

Webhooks stand in the policy file: Config.Hooks, with events results, policy (how it stands has changed), report and drift. Every message is
signed (docs/guides/state-policies.md).

exit codes: 0 stopped; 2 a policy is broken; 3 could not; 64 wrong usage; with --once as above

examples:
  runproof state observe --policies policies.yaml --environment production --schedule '*/30 * * * *'
  runproof state observe --policies ./policies -l 0.0.0.0:8080 --to https://runproof.example --state /var/lib/runproof-state
  runproof state observe --policies policies.yaml --inventory hosts.txt --sudo --results /var/lib/runproof-state/runs --keep 90d`

const options = {
  ...policyOptions,
  schedule: { type: 'string' },
  'time-zone': { type: 'string' },
  listen: { type: 'string', short: 'l' },
  endpoint: { type: 'string', short: 'e' },
  to: { type: 'string' },
  state: { type: 'string' },
  results: { type: 'string' },
  keep: { type: 'string' },
  'keep-runs': { type: 'string' },
  outbox: { type: 'string' },
  'secret-file': { type: 'string' },
  once: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  ...connectionOptions,
} as const

/** What tests may hold on to. */
export type ObserveHandles = { readonly onListening?: (port: number) => void; readonly signal?: AbortSignal }

/** `runproof state observe`. */
export async function observe(
  before: readonly string[],
  rest: readonly string[],
  io: Io,
  handles: ObserveHandles = {},
): Promise<number> {
  const given = read(before, rest, options, io)
  const { values, positionals } = given
  if (values['help'] === true) return (io.out(observeHelp), EXIT.ok)
  if (positionals.length > 0) throw new RunproofError('usage', `${JSON.stringify(positionals[0])} is too much; usage: ${usage}`)
  const policies = policiesOf(values, usage, io)
  const problems: PolicyProblem[] = [...policies.problems]
  const environment = environmentOf(values, policies, io)
  const { selected, notes } = selectPolicies(policies.policies, environment, tagsOf(values, policies))
  const due = selected.map((one): Due => ({
    ...one,
    schedule: scheduleOf(one.policy.schedule, policies, values, problems, one.policy.id),
  }))
  for (const problem of [...problems, ...notes]) io.err(lineOf(problem))
  // A policy that is broken is not left out while the others look well.
  if (problems.some(({ level }) => level === 'error')) return EXIT.review
  if (due.length === 0)
    throw new RunproofError('usage', `no policy holds ${environment === null ? 'here' : `in ${environment}`} and was asked for`)
  return watchOver(due, policies, environment, given, io, handles)
}

async function watchOver(
  due: readonly Due[],
  policies: PolicyFile,
  environment: string | null,
  given: Read,
  io: Io,
  { onListening, signal: outer }: ObserveHandles,
): Promise<number> {
  const { values } = given
  const stop = new AbortController()
  const signal = outer === undefined ? stop.signal : AbortSignal.any([stop.signal, outer])
  const say = (message: string): void => io.err(message)
  const hooks = hooksOf(policies.config.hooks, values, io, signal)
  const to = text(values['to'])
  const destination = to === undefined ? null : await destinationOf(to, { values, node: hostname(), say, io })
  const observer = createObserver({
    due,
    checker: await checkerOf(given, io, signal),
    environment,
    version: version(),
    history: historyOf(values, io),
    record: async (lines) => {
      if (destination !== null && lines.length > 0) await destination.sink.write(Buffer.from(`${lines.join('\n')}\n`))
    },
    tell: hooks.tell,
    say,
    now: io.now,
    reportSchedule:
      policies.config.reportSchedule === null
        ? null
        : cron(policies.config.reportSchedule, values, 'Config.Flags.report_schedule'),
  })
  const server = values['once'] === true ? null : await listening(values, observer, hooks.counted, io)
  if (server !== null) onListening?.((server.address() as AddressInfo).port)
  const release = onSignals(stop)
  try {
    return values['once'] === true ? await runOnce(observer, destination, hooks, io) : await runOn(observer, destination, signal)
  } finally {
    release()
    stop.abort()
    server?.closeAllConnections()
    server?.close()
    await hooks.done()
    await destination?.close()
  }
}

async function runOn(observer: Observer, destination: Destination | null, signal: AbortSignal): Promise<number> {
  await Promise.race([observer.run(signal), ...(destination === null ? [] : [destination.failed])])
  await destination?.sink.end()
  return EXIT.ok
}

async function runOnce(observer: Observer, destination: Destination | null, hooks: Hooks, io: Io): Promise<number> {
  await observer.runAll({ kind: 'start', what: null })
  await destination?.sink.end()
  const waiting = (await destination?.finish()) ?? 0
  await hooks.sent()
  for (const one of observer.watched()) io.out(`${one.policy.id}: ${healthOf(one, null, io.now()).replace('_', ' ')}`)
  const health = worstOf(observer.watched().map((one) => healthOf(one, null, io.now())))
  if (health === 'failing') return EXIT.fail
  return health === 'ok' && waiting === 0 ? EXIT.ok : EXIT.could_not
}

function scheduleOf(
  own: string | null,
  { config }: PolicyFile,
  values: Read['values'],
  problems: PolicyProblem[],
  id: string,
): Schedule | null {
  const written = own ?? text(values['schedule']) ?? config.schedule ?? '@hourly'
  try {
    return readCron(written, text(values['time-zone']) ?? 'UTC')
  } catch (fault) {
    if (!(fault instanceof CronFault)) throw fault
    problems.push({ level: 'error', policy: id, message: fault.message, place: { file: 'schedule', row: null } })
    return null
  }
}

/** @throws RunproofError `usage` */
function cron(written: string, values: Read['values'], option: string): Schedule {
  try {
    return readCron(written, text(values['time-zone']) ?? 'UTC')
  } catch (fault) {
    if (fault instanceof CronFault) throw new RunproofError('usage', `${option}: ${fault.message}`)
    throw fault
  }
}

const DAY_MS = 86_400_000

function historyOf(values: Read['values'], io: Io): History | null {
  const folder = text(values['results'])
  if (folder === undefined) return null
  const runs = Number(text(values['keep-runs']) ?? '1000')
  if (!Number.isSafeInteger(runs) || runs < 1) throw new RunproofError('usage', '--keep-runs must be a number above 0')
  const retention: Retention = { runs, ageMs: ageOf(text(values['keep']) ?? '30d') }
  return new History(resolve(io.cwd, folder), retention)
}

function ageOf(written: string): number {
  const days = /^(\d{1,6})d$/.exec(written)?.[1]
  return days === undefined ? duration(written, '--keep') : Number(days) * DAY_MS
}

type Hooks = {
  readonly tell: (told: Told) => void
  readonly counted: () => Counted['hooks']
  /** Resolves when nothing waits any more. */
  readonly sent: () => Promise<void>
  readonly done: () => Promise<void>
}

/** Webhooks with their outboxes. @throws RunproofError `usage` where a hook could not be signed or could not log in */
function hooksOf(hooks: readonly Hook[], values: Read['values'], io: Io, signal: AbortSignal): Hooks {
  const folder = text(values['outbox'])
  const posts = hooks.map((hook, index) => {
    const place =
      folder === undefined ? null : join(resolve(io.cwd, folder), `${index + 1}-${sensorOf({ id: hook.name }).slice(6)}`)
    const outbox = new Outbox(place)
    return {
      hook,
      outbox,
      courier: deliver(hook, secretsOf(hook, values, io), outbox, { now: io.now, say: (message) => io.err(message), signal }),
    }
  })
  return {
    tell({ event, policy, at, content }) {
      for (const { hook, outbox, courier } of posts) {
        if (!hook.events.includes(event)) continue
        outbox.add(JSON.stringify({ type: `runproof.state.${event}`, timestamp: at, data: { policy, content } }), io.now())
        courier.nudge()
      }
    },
    counted: () => posts.map((post) => countedOf(post)),
    async sent() {
      while (posts.some(({ outbox }) => outbox.size > 0)) await new Promise((next) => setTimeout(next, 20))
    },
    async done() {
      await Promise.all(posts.map(({ courier }) => courier.done))
    },
  }
}

function countedOf({
  hook,
  outbox,
  courier,
}: {
  readonly hook: Hook
  readonly outbox: Outbox
  readonly courier: Courier
}): Counted['hooks'][number] {
  return { name: hook.name, waiting: outbox.size, sent: courier.sent(), failed: courier.failed(), dropped: outbox.dropped }
}

function secretsOf({ name, secretEnv, tokenEnv }: Hook, values: Read['values'], io: Io): HookSecrets {
  const file = text(values['secret-file'])
  const variable = secretEnv ?? 'RUNPROOF_WEBHOOK_SECRET'
  const secret = secretEnv === null && file !== undefined ? fileText(file, io) : io.env[variable]
  if (secret === undefined || secretOf(secret).length < 16)
    throw new RunproofError(
      'usage',
      `${name}: messages cannot be signed: ${file === undefined ? `$${variable}` : file} must hold a key of 16 bytes or more (whsec_…)`,
    )
  const token = tokenEnv === null ? null : (io.env[tokenEnv] ?? '')
  if (token === '') throw new RunproofError('usage', `${name}: $${tokenEnv ?? ''} holds no token`)
  return { secret: secretOf(secret), token }
}

function fileText(path: string, io: Io): string {
  const text = readPrivateFile(resolve(io.cwd, path))
  if (text === null) throw new RunproofError('file.unreadable', `cannot read ${path}: there is no such file`)
  return text
}

/** Null: nobody is to be answered. @throws RunproofError `usage`, and what listening throws */
async function listening(
  values: Read['values'],
  observer: Observer,
  hooks: () => Counted['hooks'],
  io: Io,
): Promise<Server | null> {
  const written = text(values['listen']) ?? '127.0.0.1:8080'
  if (written === 'none') return null
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(written) ?? []
  if (port === '' || Number(port) > 65_535)
    throw new RunproofError('usage', `-l ${JSON.stringify(written)} is no address; write 127.0.0.1:8080 or :8080`)
  const endpoint = (text(values['endpoint']) ?? '/healthz').replace(/\/+$/, '')
  if (!/^\/[\w./-]+$/.test(endpoint))
    throw new RunproofError('usage', `-e ${JSON.stringify(endpoint)} is no path; write /healthz`)
  const counted = (): Counted => ({ runs: observer.runs, drifts: observer.drifts, hooks: hooks() })
  const server = observeServer({ endpoint, watched: observer.watched, counted, version: version(), now: io.now })
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  server.listen(Number(port), plain === '' ? undefined : plain)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  io.err(`listening on http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}${endpoint}`)
  return server
}

function onSignals(stop: AbortController): () => void {
  const end = (): void => stop.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  return () => void process.off('SIGINT', end).off('SIGTERM', end)
}

function lineOf({ level, policy, message, place }: PolicyProblem): string {
  return `${level}: ${place.file}${place.row === null ? '' : `:${place.row}`}: ${policy === null ? '' : `${policy}: `}${message}`
}
