import type { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import { severities, severityRank, type Severity } from '../../../core/model/severity.ts'
import type { Instant } from '../../../core/model/time.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { integer, text } from '../state/columns.ts'
import { cursorOf, positionOf, type Position } from './cursor.ts'
import { anyFacet } from './facets.ts'
import { firstId, minuteRange } from './finding-ids.ts'
import { findingStates, type FindingRow, type FindingState } from './finding-types.ts'
import { idsOf } from './overview.ts'
import type { ScopeName } from './types.ts'
import { matchExpression } from './words.ts'

export type FindingQuery = {
  /** Words that must all occur; see `matchExpression`. */
  readonly text?: string
  readonly scope?: ScopeName
  /** What the asker may see; null: everything. Never left out by accident. */
  readonly scopes: readonly ScopeName[] | null
  readonly control?: string
  /** `namespace/name` */
  readonly workload?: string
  readonly severityAtLeast?: Severity
  readonly action?: string
  readonly state?: FindingState
  /** A window's id. */
  readonly window?: string
  /** Windows that start in `[from, to)`. */
  readonly from?: Instant
  readonly to?: Instant
  /** By window, latest first; or the most severe first, and then so. */
  readonly order: 'newest' | 'severity'
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string
}

/** `next` is null on the last page. */
export type FindingPage = { readonly rows: readonly FindingRow[]; readonly next: string | null }

const MOST_ROWS = 200
/** Scopes whose words are put into a full-text query; of more, each match is looked at. */
const MOST_SCOPE_WORDS = 32

/** What a query asks, in the numbers of the tables. `scopes` null: all. */
type Asked = {
  readonly match: string | null
  readonly scopes: readonly number[] | null
  readonly control: number | null
  readonly workload: number | null
  readonly states: readonly number[]
  /** The most severe first. */
  readonly severities: readonly number[]
  readonly action: string | null
  readonly report: number | null
  /** Ids in `[from, before)`. */
  readonly from: number
  readonly before: number
  /** Reports that are not shown, as JSON; null: none, as almost always. */
  readonly dead: string | null
}

/**
 * Answers queries by probes: for each scope, state and severity an index says which findings are the latest, and a few of each are put
 * together. Nothing is sorted but these, so that a page costs the same however many findings there are.
 */
export function findingSearch(db: DatabaseSync): (query: FindingQuery) => FindingPage {
  const probe = findingProbes(db)
  const selectDetail = db.prepare('SELECT severity, detail FROM finding WHERE id = ?')

  return (query) => {
    const { limit } = query
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS) {
      throw new RunproofError('request.invalid', `a page has 1 to ${MOST_ROWS} findings, not ${limit}`)
    }
    const bound = boundTo(query)
    const after = query.cursor === undefined ? null : positionOf(bound, query.cursor)
    const asked = askedOf(db, query)
    const ids = asked === null ? [] : query.order === 'newest' ? newest(asked, after, limit + 1) : topped(asked, after, limit + 1)
    const found = ids.slice(0, limit).map((id) => ({ id, row: selectDetail.get(id) ?? {} }))
    const last = found.at(-1)
    const next = ids.length > limit && last ? cursorOf(bound, { id: last.id, severity: integer(last.row, 'severity') }) : null
    return { rows: found.map(({ row }) => JSON.parse(text(row, 'detail')) as FindingRow), next }
  }

  function newest(asked: Asked, after: Position | null, count: number): readonly number[] {
    return probe({ ...asked, before: Math.min(asked.before, after?.id ?? asked.before) }, count)
  }

  function topped(asked: Asked, after: Position | null, count: number): readonly number[] {
    const ids: number[] = []
    for (const severity of asked.severities) {
      if (after !== null && severity > after.severity) continue
      const before = after !== null && severity === after.severity ? Math.min(asked.before, after.id) : asked.before
      ids.push(...probe({ ...asked, severities: [severity], before }, count - ids.length))
      if (ids.length >= count) break
    }
    return ids
  }
}

/** The latest ids that are asked for, in order. */
function findingProbes(db: DatabaseSync): (asked: Asked, count: number) => readonly number[] {
  const shown = `
    AND f.id >= :from AND f.id < :before
    AND (:action IS NULL OR f.action = :action) AND (:report IS NULL OR f.report = :report)
    AND (:dead IS NULL OR f.report NOT IN (SELECT value FROM json_each(:dead)))
  `
  // Where nothing is asked of a row itself, only the index is read.
  const one = `f.scope = :scope AND f.state = :state AND f.severity = :severity ${shown} ORDER BY f.id DESC LIMIT :count`
  const inScope = db.prepare(`SELECT f.id FROM finding f INDEXED BY finding_top WHERE ${one}`)
  const ofControl = db.prepare(`SELECT f.id FROM finding f INDEXED BY finding_by_control WHERE f.control = :control AND ${one}`)
  const ofWorkload = db.prepare(`
    SELECT f.id FROM finding f INDEXED BY finding_by_workload
    WHERE f.workload = :workload AND (:control IS NULL OR f.control = :control) AND ${one}
  `)
  const matching = db.prepare(`
    SELECT f.id FROM finding_text t CROSS JOIN finding f ON f.id = t.rowid
    WHERE finding_text MATCH :match AND t.rowid >= :from AND t.rowid < :before
      AND (:scopes IS NULL OR f.scope IN (SELECT value FROM json_each(:scopes))) ${shown}
    ORDER BY t.rowid DESC LIMIT :count
  `)
  const selectScopes = db.prepare('SELECT id FROM scope')

  function probes({ scopes, states, severities: asked, control, workload, ...rest }: Asked, count: number): readonly number[] {
    const { action, report, from, before, dead } = rest
    const ids: number[] = []
    for (const scope of scopes ?? selectScopes.all().map((row) => integer(row, 'id'))) {
      for (const state of states) {
        for (const severity of asked) {
          const named = { scope, state, severity, action, report, from, before, dead, count }
          const rows =
            workload !== null
              ? ofWorkload.all({ ...named, workload, control })
              : control !== null
                ? ofControl.all({ ...named, control })
                : inScope.all(named)
          for (const row of rows) ids.push(integer(row, 'id'))
        }
      }
    }
    return ids.sort((a, b) => b - a).slice(0, count)
  }

  function matches({ match, scopes, action, report, from, before, dead, ...asked }: Asked, count: number): readonly number[] {
    const few = scopes !== null && scopes.length <= MOST_SCOPE_WORDS
    const words = [
      match ?? '',
      ...(few ? [anyFacet('a', scopes)] : []),
      ...(asked.states.length < findingStates.length ? [anyFacet('s', asked.states)] : []),
      ...(asked.severities.length < severities.length ? [anyFacet('v', asked.severities)] : []),
      ...(asked.control === null ? [] : [anyFacet('c', [asked.control])]),
      ...(asked.workload === null ? [] : [anyFacet('w', [asked.workload])]),
    ]
    const among = few || scopes === null ? null : JSON.stringify(scopes)
    const rows = matching.all({ match: words.join(' AND '), scopes: among, action, report, from, before, dead, count })
    return rows.map((row) => integer(row, 'id'))
  }

  return (asked, count) => (asked.match === null ? probes(asked, count) : matches(asked, count))
}

/** Null: it names something that no finding has. */
function askedOf(db: DatabaseSync, query: FindingQuery): Asked | null {
  const match = query.text === undefined ? null : matchExpression(query.text)
  const scopes = scopesOf(db, query)
  const [control, workload] = [nameId(db, query.control), nameId(db, query.workload)]
  const report = query.window === undefined ? null : reportOf(db, query.window)
  if (control === undefined || workload === undefined || report === undefined || scopes?.length === 0) return null
  const dead = db
    .prepare('SELECT id FROM indexed_report WHERE live = 0')
    .all()
    .map((row) => integer(row, 'id'))
  const least = query.severityAtLeast === undefined ? 0 : severityRank(query.severityAtLeast)
  return {
    match,
    scopes,
    control,
    workload,
    states: query.state === undefined ? findingStates.map((_, index) => index) : [findingStates.indexOf(query.state)],
    severities: severities
      .map((_, rank) => rank)
      .filter((rank) => rank >= least)
      .reverse(),
    action: query.action ?? null,
    report: report?.id ?? null,
    from: Math.max(query.from === undefined ? 0 : firstId(query.from), report?.from ?? 0),
    before: Math.min(
      query.to === undefined ? Number.MAX_SAFE_INTEGER : firstId(query.to),
      report?.before ?? Number.MAX_SAFE_INTEGER,
    ),
    dead: dead.length === 0 ? null : JSON.stringify(dead),
  }
}

/** What is asked for, of what may be seen. */
function scopesOf(db: DatabaseSync, { scope, scopes }: FindingQuery): readonly number[] | null {
  if (scope === undefined) return scopes === null ? null : idsOf(db, scopes)
  const mayBeSeen =
    scopes === null || scopes.some((each) => each.application === scope.application && each.environment === scope.environment)
  return mayBeSeen ? idsOf(db, [scope]) : []
}

/** Undefined: no finding has this name. Null: none was asked for. */
function nameId(db: DatabaseSync, name: string | undefined): number | null | undefined {
  if (name === undefined) return null
  const row = db.prepare('SELECT id FROM finding_name WHERE name = ?').get(name)
  return row ? integer(row, 'id') : undefined
}

function reportOf(
  db: DatabaseSync,
  window: string,
): { readonly id: number; readonly from: number; readonly before: number } | undefined {
  const report = db.prepare('SELECT id FROM indexed_report WHERE window = ? AND live = 1').get(window)
  const first = report && db.prepare('SELECT id FROM finding WHERE report = ? ORDER BY id LIMIT 1').get(integer(report, 'id'))
  return first && { id: integer(report, 'id'), ...minuteRange(integer(first, 'id')) }
}

/** What a cursor is bound to: all that decides which findings come in which order; who asks may change, and how many a page has. */
function boundTo(query: FindingQuery): JsonValue {
  const { text, scope, control, workload, severityAtLeast, action, state, window, from, to, order } = query
  const named = [scope?.application, scope?.environment, control, workload, severityAtLeast, action, state, window, from, to]
  return [order, text ?? null, ...named.map((value) => value ?? null)]
}
