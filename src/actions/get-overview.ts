import * as z from 'zod/mini'
import { windowVerdicts } from '../../core/model/judgement.ts'
import { instantOf } from '../../core/model/time.ts'
import { InstantSchema } from '../../core/model/window.ts'
import { action } from './action.ts'

const count = z.int()
const Counts = z.object({
  info: count,
  low: count,
  medium: count,
  high: count,
  critical: count,
  waived: count,
  excepted: count,
  unmapped: count,
})

/** Where everything stands: the newest verdict of each scope, both as observed and after waivers, and its violations by control. */
export const getOverview = action({
  name: 'get-overview',
  summary: 'newest verdict of every application, and violations by control and severity',
  permission: 'finding:read',
  method: 'GET',
  path: '/api/v1/overview',
  command: ['overview', 'show'],
  input: z.strictObject({ from: z.optional(InstantSchema), to: z.optional(InstantSchema) }),
  output: z.object({
    applications: z.array(
      z.object({
        application: z.string(),
        environment: z.string(),
        verdict: z.nullable(z.enum(windowVerdicts)),
        verdict_before_waivers: z.nullable(z.enum(windowVerdicts)),
        window_end: z.nullable(z.string()),
        report: z.nullable(z.string()),
      }),
    ),
    controls: z.array(
      z.object({ application: z.string(), environment: z.string(), control: z.nullable(z.string()), counts: Counts }),
    ),
  }),
  scopeOf: () => null,
  run({ state, evidence, isVisible, now }, { from = instantOf(now() - 86_400_000), to = instantOf(now()) }) {
    const scopes = state
      .scopes()
      .filter(isVisible)
      .map(({ application, environment }) => ({ application, environment }))
    return {
      applications: scopes.map((scope) => {
        const last = state.lastSealed(scope, '9999-12-31T23:59:59Z')
        const report = last === null ? null : state.report(last.report)
        return {
          ...scope,
          verdict: report?.verdict ?? null,
          verdict_before_waivers: report?.verdictBefore ?? null,
          window_end: last?.window.end ?? null,
          report: report?.digest ?? null,
        }
      }),
      controls: evidence
        .overview({ scopes, from, to })
        .map(({ scope, control, counts }) => ({ ...scope, control, counts: { ...counts } })),
    }
  },
})
