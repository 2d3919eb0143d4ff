import * as z from 'zod/mini'
import { windowVerdicts } from '../../core/model/judgement.ts'
import { action } from './action.ts'
import { page, scopeFields, scopeIn, text } from './fields.ts'

const ReportLine = z.object({
  id: z.int(),
  digest: z.string(),
  window_id: z.string(),
  application: z.string(),
  environment: z.string(),
  verdict: z.enum(windowVerdicts),
  verdict_before_waivers: z.enum(windowVerdicts),
  cause: z.enum(['close', 'late_evidence', 'decision']),
  supersedes: z.nullable(z.string()),
  evaluated_at: z.string(),
  made_at: z.string(),
  ledger_index: z.int(),
})

/** Every report that was made, newest first; a superseded one stays in the list and names nobody, its successor names it. */
export const listReports = action({
  name: 'list-reports',
  summary: 'reports, newest first',
  permission: 'report:read',
  method: 'GET',
  path: '/api/v1/reports',
  command: ['report', 'list'],
  input: z.strictObject({ ...scopeFields, window_id: z.optional(text(300)), ...page }),
  output: z.object({ reports: z.array(ReportLine), next: z.nullable(z.int()) }),
  scopeOf: scopeIn,
  run({ state, isVisible }, { limit, before, window_id: windowId, ...input }) {
    const rows = state.reports({ scope: scopeIn(input), windowId: windowId ?? null, before: before ?? null, limit })
    const reports = rows.filter(isVisible).map((row) => ({
      id: row.id,
      digest: row.digest,
      window_id: row.windowId,
      application: row.application,
      environment: row.environment,
      verdict: row.verdict,
      verdict_before_waivers: row.verdictBefore,
      cause: row.cause,
      supersedes: row.supersedes,
      evaluated_at: row.evaluatedAt,
      made_at: row.madeAt,
      ledger_index: row.ledgerIndex,
    }))
    return { reports, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
  },
})
