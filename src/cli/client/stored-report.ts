import { auditLimits } from '../../../core/model/audit-file.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { instantMs } from '../../../core/model/time.ts'
import { parseWindowExpression, type WindowExpression } from '../../../core/model/window-expression.ts'
import { readTar } from '../../../core/proof/tar.ts'
import type { Io } from '../command.ts'
import { connect, type connectionOptions } from './connection.ts'

/** What of the command line says which service is asked. */
export type ConnectionValues = { readonly [name in keyof typeof connectionOptions]?: string | undefined }

/** A report by its time: the newest one of the window that is meant. */
export type StoredReport = { readonly application: string; readonly environment: string; readonly when: WindowExpression }

export const storedHelp = `A report that a service keeps can be named by its time: APPLICATION/ENVIRONMENT@{yesterday}, @2026-03-02, @~1 (the last one
that was judged, ~2 the one before), @2026-03-02T00:00..2026-03-03T00:00. Its audit file is fetched, and read as any other.`

/**
 * Null for what is a path: a name with `@` in it that is no window is one too.
 * @throws RunproofError `usage` for what looks like a report's time and is none
 */
export function readStoredReport(text: string): StoredReport | null {
  const match = /^([a-z0-9][a-z0-9._-]{0,62})\/([a-z0-9][a-z0-9._-]{0,62})@([{~0-9].*)$/.exec(text)
  if (!match) return null
  const [, application = '', environment = '', when = ''] = match
  return { application, environment, when: parseWindowExpression(when) }
}

type Line = { readonly id: string; readonly start: string; readonly end: string; readonly report: string | null }

/**
 * The members of its audit file, as the service hands it over now.
 * @throws RunproofError `window.unknown` when there is none, or several start on that day; what the service refuses
 */
export async function fetchStoredReport(
  stored: StoredReport,
  values: ConnectionValues,
  io: Io,
): Promise<Map<string, Uint8Array>> {
  const connection = connect(values, io)
  const { application, environment } = stored
  const listed = await connection.ask({
    method: 'GET',
    path: '/api/v1/windows',
    query: { application, environment, limit: '200' },
  })
  const { windows } = JSON.parse(new TextDecoder().decode(listed.bytes)) as { readonly windows: readonly Line[] }
  const digest = reportOf(stored, windows, io.now())
  const query = { digest, format: 'audit' }
  const { bytes } = await connection.ask({ method: 'GET', path: '/api/v1/runtime/assurance/report', query })
  return new Map(readTar(bytes, auditLimits))
}

/** Windows are listed newest first. */
function reportOf({ application, environment, when }: StoredReport, windows: readonly Line[], nowMs: number): string {
  const judged = windows.filter(({ report }) => report !== null)
  const found = when.kind === 'back' ? judged.slice(when.windows - 1, when.windows) : judged.filter(isMeant(when, nowMs))
  const [window, another] = found
  const scope = `${application}/${environment}`
  if (window === undefined || window.report === null) {
    const known = judged.slice(0, 3).map(({ start, end }) => `${start}..${end}`)
    const hint = known.length === 0 ? 'none was judged yet' : `the newest are ${known.join(', ')}`
    throw new RunproofError('window.unknown', `the service has no judged window of ${scope} then; ${hint}`)
  }
  if (another !== undefined) {
    const spans = found.slice(0, 4).map(({ start, end }) => `${start.slice(0, 16)}..${end.slice(0, 16)}`)
    throw new RunproofError(
      'window.unknown',
      `several windows of ${scope} start on that day; say which, like ${spans.join(' or ')}`,
    )
  }
  return window.report
}

function isMeant(when: Exclude<WindowExpression, { kind: 'back' }>, nowMs: number): (window: Line) => boolean {
  if (when.kind === 'span') return ({ start, end }) => start === when.start && end === when.end
  const dayMs = when.kind === 'day' ? instantMs(when.start) : (Math.floor(nowMs / DAY_MS) - when.days) * DAY_MS
  return ({ start }) => Math.floor(instantMs(start) / DAY_MS) * DAY_MS === dayMs
}

const DAY_MS = 86_400_000
