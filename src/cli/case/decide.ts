import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { durationForm, durationMs } from '../../../core/model/duration.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { instantOf } from '../../../core/model/time.ts'
import { loadSigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { decisionWords } from '../../review/words.ts'
import { positional, required } from '../arguments.ts'
import { connect, connectionOptions, type Connection } from '../client/connection.ts'
import { EXIT, type Io } from '../command.ts'
import { readAsked, type Asked, type Wanted } from './checked.ts'

const usage =
  'runproof case decide ID --verdict waive|approve|reject [--reason TEXT] [--compensating TEXT] [--expires TIME] --key FILE'
const one = { type: 'string' } as const
const options = {
  ...connectionOptions,
  verdict: one,
  reason: one,
  compensating: one,
  expires: one,
  key: one,
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const
const verdicts = ['waive', 'approve', 'reject'] as const
/** How far apart the clocks of both machines may be. */
const CLOCK_MS = 600_000

type Shown = {
  readonly application: string
  readonly environment: string
  readonly fingerprint: string | null
  readonly title: string
  readonly severity: string
}
type Decided = {
  readonly decision: string
  readonly state: string
  readonly missing_signatures: number
  readonly ledger_index: number
}

/** Fetches what is to be signed, shows it in words, signs it with the person's own key, and hands it in. */
export async function decide(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [id = ''] = positional(positionals, ['ID'], usage)
  if (!/^\d{1,15}$/.test(id)) throw new RunproofError('usage', `${JSON.stringify(id)} is no number of a case; usage: ${usage}`)
  const verdict = verdicts.find((word) => word === values.verdict)
  if (verdict === undefined) throw new RunproofError('usage', `--verdict is one of ${verdicts.join(', ')}; usage: ${usage}`)
  const path = resolve(io.cwd, required(values.key, '--key', usage))
  const { reason, compensating, expires } = values
  const service = connect(values, io)
  const about = await askFor<Shown>(service, 'GET', `/api/v1/cases/${id}`)
  const given = Object.entries({ verdict, reason, compensating, expires }).filter(([, value]) => value !== undefined)
  const asked = await askFor<Asked>(service, 'POST', `/api/v1/cases/${id}/draft`, Object.fromEntries(given))
  const { application, environment, fingerprint } = about
  const wanted: Wanted = {
    kind: verdict === 'reject' ? 'confirmation' : 'waiver',
    ...{ application, environment, fingerprint, reason, compensating },
    latestEnd: expires === undefined ? undefined : latest(expires, io.now()),
  }
  const { payload, decision } = readAsked(asked, wanted)

  const words = [`case          ${id}, ${about.severity}: ${about.title}`, ...decisionWords(decision, null)]
  const print = values.json === true ? io.err : io.out
  for (const line of words) print(visibleText(line))
  if (values['dry-run'] === true) return EXIT.ok
  const key = await loadSigningKey(path, readPassphrase(io.env, io.cwd))
  const envelope = await signEnvelope(key, asked.payload_type, payload)
  const decided = await askFor<Decided>(service, 'POST', `/api/v1/cases/${id}/decide`, { verdict, envelope })
  if (values.json === true) io.out(JSON.stringify(decided))
  else for (const line of outcomeWords(decided, key.keyId)) io.out(visibleText(line))
  return EXIT.ok
}

function outcomeWords(
  { decision, state, missing_signatures: missing, ledger_index: index }: Decided,
  keyId: string,
): readonly string[] {
  return [
    `signed        with the key ${keyId}`,
    missing > 0
      ? `${decision} is in the ledger, entry ${index}; it counts when ${missing === 1 ? 'one more person has' : `${missing} more people have`} signed the same`
      : `${decision} is in the ledger, entry ${index}; the case is ${state}, its window is judged anew`,
  ]
}

/** The latest end that somebody who wrote this can have meant. */
function latest(expires: string, nowMs: number): string {
  return durationForm.test(expires) ? instantOf(nowMs + durationMs(expires) + CLOCK_MS) : expires
}

/** One question to the service. */
export async function askFor<T>(service: Connection, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const { bytes } = await service.ask({ method, path, ...(body === undefined ? {} : { body }) })
  return JSON.parse(new TextDecoder().decode(bytes)) as T
}
