import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { actions } from '../../core/model/act.ts'
import { severities } from '../../core/model/severity.ts'
import { InstantSchema } from '../../core/model/window.ts'
import { findingStates } from '../store/evidence/finding-types.ts'
import { action } from './action.ts'
import { scopeFields, scopeIn, text, whole } from './fields.ts'

const FindingLine = z.object({
  application: z.string(),
  environment: z.string(),
  window_id: z.string(),
  window_start: z.string(),
  control: z.nullable(z.string()),
  state: z.enum(findingStates),
  severity: z.enum(severities),
  confidence: z.number(),
  workload: z.nullable(z.string()),
  workloads: z.array(z.string()),
  action: z.nullable(z.string()),
  executable: z.nullable(z.string()),
  target: z.nullable(z.string()),
  count: z.int(),
  first: z.nullable(z.string()),
  last: z.nullable(z.string()),
  recurrence: z.string(),
  sensors: z.array(z.string()),
  rules: z.array(z.string()),
  command_lines: z.array(z.string()),
  pods: z.array(z.string()),
  fingerprint: z.string(),
  report: z.string(),
})

/** Findings of judged windows, by full text and by field. What a window still collects is not judged and not in here. */
export const searchFindings = action({
  name: 'search-findings',
  summary: 'findings of judged windows, by text and by field',
  permission: 'finding:read',
  method: 'GET',
  path: '/api/v1/findings',
  command: ['finding', 'search'],
  input: z.strictObject({
    ...scopeFields,
    text: z.optional(text(500)),
    control: z.optional(text(100)),
    workload: z.optional(text(200)),
    severity_at_least: z.optional(z.enum(severities)),
    action: z.optional(z.enum(actions)),
    state: z.optional(z.enum(findingStates)),
    window_id: z.optional(text(300)),
    from: z.optional(InstantSchema),
    to: z.optional(InstantSchema),
    order: orElse(z.enum(['newest', 'severity']), 'newest'),
    limit: orElse(whole(1, 200), 50),
    cursor: z.optional(text(2_000)),
  }),
  output: z.object({ findings: z.array(FindingLine), next: z.nullable(z.string()) }),
  scopeOf: scopeIn,
  run({ state, evidence, isVisible }, input) {
    const asked = scopeIn(input)
    const { text, control, workload, severity_at_least, action, window_id, from, to, order, limit, cursor } = input
    const page = evidence.searchFindings({
      scopes: (asked === null ? state.scopes() : [asked])
        .filter(isVisible)
        .map(({ application, environment }) => ({ application, environment })),
      ...(text === undefined ? {} : { text }),
      ...(control === undefined ? {} : { control }),
      ...(workload === undefined ? {} : { workload }),
      ...(severity_at_least === undefined ? {} : { severityAtLeast: severity_at_least }),
      ...(action === undefined ? {} : { action }),
      ...(input.state === undefined ? {} : { state: input.state }),
      ...(window_id === undefined ? {} : { window: window_id }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(cursor === undefined ? {} : { cursor }),
      order,
      limit,
    })
    const findings = page.rows.map(({ scope, windowId, windowStart, commandLines, reportDigest, pods, ...row }) => ({
      ...row,
      pods: [...pods],
      workloads: [...row.workloads],
      sensors: [...row.sensors],
      rules: [...row.rules],
      application: scope.application,
      environment: scope.environment,
      window_id: windowId,
      window_start: windowStart,
      command_lines: [...commandLines],
      report: reportDigest,
    }))
    return { findings, next: page.next }
  },
})
