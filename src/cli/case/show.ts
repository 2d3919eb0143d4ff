import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { positional } from '../arguments.ts'
import { connect, connectionOptions } from '../client/connection.ts'
import { EXIT, type Io } from '../command.ts'
import { askFor } from './decide.ts'

const usage = 'runproof case show ID [--json]'
const options = { ...connectionOptions, json: { type: 'boolean' } } as const

type Answer = {
  readonly id: number
  readonly state: string
  readonly kind: string
  readonly severity: string
  readonly confidence: number
  readonly control: string | null
  readonly title: string
  readonly application: string
  readonly environment: string
  readonly due_at: string
  readonly overdue: boolean
  readonly assignee: string | null
  readonly quorum: number
  readonly signed: number
  readonly last_window: string | null
  readonly fingerprint: string | null
  readonly report: string | null
  readonly reasons: readonly string[]
  readonly workloads: readonly string[]
  readonly decisions: readonly {
    readonly id: string
    readonly verdict: string
    readonly state: string
    readonly expires: string | null
    readonly reason: string
    readonly signed_by: readonly { readonly name: string }[]
  }[]
  readonly to_sign: readonly { readonly verdict: string; readonly because: string; readonly words: readonly string[] }[]
  readonly windows: readonly { readonly window_id: string; readonly outcome: string }[]
  readonly history: readonly { readonly at: string; readonly who: string; readonly what: string; readonly detail: unknown }[]
  readonly evidence: Evidence | null
}

/** What a service of this version says; another one may leave out what is optional here. */
type Evidence = {
  readonly count: number
  readonly first: string | null
  readonly last: string | null
  readonly recurrence: string
  readonly sensors?: readonly { readonly sensor: string; readonly rules: readonly string[] }[]
  readonly commandLines?: readonly string[]
  readonly pods?: readonly string[]
}

const MOST_WINDOWS = 10

/** A case for people: what was seen, why it waits, who decided what, and what there is to sign. */
export async function show(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [id = ''] = positional(positionals, ['ID'], usage)
  if (!/^\d{1,15}$/.test(id)) throw new RunproofError('usage', `${JSON.stringify(id)} is no number of a case; usage: ${usage}`)
  const answer = await askFor<Answer>(connect(values, io), 'GET', `/api/v1/cases/${id}`)
  if (values.json === true) io.out(JSON.stringify(answer))
  else for (const line of lines(answer)) io.out(visibleText(line))
  return EXIT.ok
}

function lines(of: Answer): readonly string[] {
  return [
    `case        ${of.id}: ${of.title}`,
    `state       ${of.state}, due ${of.due_at}${of.overdue ? ' (overdue)' : ''}, ${of.assignee === null ? 'nobody has it' : `with ${of.assignee}`}`,
    `severity    ${of.severity}, confidence ${of.confidence}; to accept it takes ${of.quorum === 1 ? 'one person' : `${of.quorum} people, ${of.signed} signed`}`,
    `control     ${of.control ?? (of.kind === 'verdict' ? 'the whole window' : 'none speaks about it')}, of ${of.application} in ${of.environment}`,
    ...of.reasons.map((reason) => `because     ${reason}`),
    ...of.workloads.map((workload) => `workload    ${workload}`),
    `finding     ${of.fingerprint ?? (of.kind === 'exception' ? 'none yet: asked for in advance' : 'none: the case is about the verdict')}`,
    ...evidenceLines(of.evidence),
    `report      ${of.report ?? 'none'}`,
    ...of.windows.slice(-MOST_WINDOWS).map(({ window_id: window, outcome }) => `window      ${window}: ${outcome}`),
    ...of.decisions.map(
      ({ id, verdict, state, expires, reason, signed_by: by }) =>
        `decision    ${id}: ${verdict} by ${by.map(({ name }) => name).join(', ')}, ${state}${expires === null ? '' : ` until ${expires}`}: ${reason}`,
    ),
    ...of.history.map(({ at, who, what, detail }) => `history     ${at} ${who} ${what}${detailWords(detail)}`),
    ...of.to_sign.flatMap(({ verdict, because, words }) => [
      `to sign     ${because}: runproof case decide ${of.id} --verdict ${verdict} --key FILE`,
      ...words.map((line) => `            ${line}`),
    ]),
  ]
}

/** What was seen, in words; whatever a newer service adds is in `--json`. */
function evidenceLines(evidence: Evidence | null): readonly string[] {
  if (evidence === null) return []
  const { count, first, last, recurrence, sensors = [], commandLines = [], pods = [] } = evidence
  const span = first === null ? '' : first === last ? ` at ${first}` : ` from ${first} to ${last ?? '?'}`
  const by = sensors.map(({ sensor, rules }) => `${sensor}${rules.length === 0 ? '' : ` “${rules.join('”, “')}”`}`)
  return [
    `seen        ${count === 1 ? 'once' : `${count} times`}${span}, ${recurrence}${by.length === 0 ? '' : `, by ${by.join(', ')}`}`,
    ...commandLines.map((line) => `            ${line}`),
    ...pods.map((pod) => `            in ${pod}`),
  ]
}

function detailWords(detail: unknown): string {
  const text = typeof detail === 'object' && detail !== null && 'text' in detail ? detail.text : null
  return typeof text === 'string' ? `: ${text}` : ''
}
