import * as z from 'zod/mini'
import { windowVerdicts } from '../../core/model/judgement.ts'
import { InstantSchema } from '../../core/model/window.ts'
import { action } from './action.ts'
import { page, scopeFields, scopeIn } from './fields.ts'

const WindowLine = z.object({
  id: z.string(),
  application: z.string(),
  environment: z.string(),
  start: z.string(),
  end: z.string(),
  state: z.enum(['open', 'sealed', 'late_evidence']),
  verdict: z.nullable(z.enum(windowVerdicts)),
  report: z.nullable(z.string()),
  last_received: z.nullable(z.string()),
})

/** Windows that evidence came for or that are sealed, newest first. `late_evidence`: more came since it was judged, another report follows. */
export const listWindows = action({
  name: 'list-windows',
  summary: 'windows, sealed and open, newest first',
  permission: 'report:read',
  method: 'GET',
  path: '/api/v1/windows',
  command: ['window', 'list'],
  input: z.strictObject({ ...scopeFields, since: z.optional(InstantSchema), limit: page.limit }),
  output: z.object({ windows: z.array(WindowLine) }),
  scopeOf: scopeIn,
  run({ state, evidence, isVisible }, { since = '1970-01-01T00:00:00Z', limit, ...input }) {
    const asked = scopeIn(input)
    const scopes = (asked === null ? state.scopes() : [asked]).filter(isVisible)
    const lines = scopes.flatMap((scope) => {
      const folded = new Map(evidence.windows({ scope, endsAfter: since }).map((known) => [known.window.id, known]))
      const sealed = state.lastSealedWindows(scope, since, limit)
      const windows = new Map(
        [...[...folded.values()].map(({ window }) => window), ...sealed.map(({ window }) => window)].map((w) => [w.id, w]),
      )
      const rows = new Map(sealed.map((row) => [row.window.id, row]))
      return [...windows.values()].map(({ id, application, environment, start, end }) => {
        const row = rows.get(id) ?? state.sealedWindow(id)
        const known = folded.get(id)
        const isLate = row !== null && known !== undefined && known.revision > row.sealedRevision
        const at = known?.lastReceivedMs ?? 0
        return {
          ...{ id, application, environment, start, end },
          state: row === null ? ('open' as const) : isLate ? ('late_evidence' as const) : ('sealed' as const),
          verdict: row === null ? null : (state.report(row.report)?.verdict ?? null),
          report: row?.report ?? null,
          last_received: at > 0 ? new Date(at).toISOString() : null,
        }
      })
    })
    return { windows: lines.sort((a, b) => (a.end < b.end ? 1 : a.end > b.end ? -1 : a.id < b.id ? -1 : 1)).slice(0, limit) }
  },
})
