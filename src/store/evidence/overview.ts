import type { DatabaseSync } from 'node:sqlite'
import { instantMs, MINUTE_MS, type Instant } from '../../../core/model/time.ts'
import { integer, text, type Row } from '../state/columns.ts'
import { BLOCK_MINUTES, type Counts } from './rollup.ts'
import type { ScopeName } from './types.ts'

/** Windows that start in `[from, to)`, of the scopes that the asker may see; null: all. */
export type OverviewQuery = { readonly scopes: readonly ScopeName[] | null; readonly from: Instant; readonly to: Instant }

/** What one application scope has against one control. `control` null: findings that no control speaks about. */
export type OverviewRow = { readonly scope: ScopeName; readonly control: string | null; readonly counts: Counts }

/** Counts by scope, control and severity, from the rollups alone. In the order of application, environment and control. */
export function overviewOf(db: DatabaseSync, { scopes, from, to }: OverviewQuery): readonly OverviewRow[] {
  const found = new Map<string, Summed>()
  const visible = scopes === null ? null : JSON.stringify(idsOf(db, scopes))
  for (const { minutes, ...range } of rangesOf(minuteOf(from), minuteOf(to))) {
    const statement = db.prepare(minutes === null ? sumOf('rollup', '') : sumOf('rollup_block', 'r.minutes = :minutes AND'))
    statement.setReturnArrays(true)
    const rows = statement.all({ visible, ...range, ...(minutes === null ? {} : { minutes }) }) as unknown as readonly Summed[]
    for (const row of rows) {
      const key = `${row[0]}/${row[1]}`
      const known = found.get(key)
      if (known) for (let index = 2; index < known.length; index++) known[index] = (known[index] ?? 0) + (row[index] ?? 0)
      else found.set(key, row)
    }
  }
  return named(db, [...found.values()])
}

/** Scope, control, and the eight counts in their order. As arrays: a page of objects would cost more than the sums. */
type Summed = [scope: number, control: number, ...counts: number[]]

function sumOf(table: 'rollup' | 'rollup_block', where: string): string {
  return `
    SELECT r.scope, r.control, sum(r.info), sum(r.low), sum(r.medium), sum(r.high), sum(r.critical),
      sum(r.waived), sum(r.excepted), sum(r.unmapped)
    FROM scope s CROSS JOIN ${table} r ON ${where} r.scope = s.id AND r.starts >= :from AND r.starts < :to
    WHERE :visible IS NULL OR s.id IN (SELECT value FROM json_each(:visible))
    GROUP BY r.scope, r.control
  `
}

function named(db: DatabaseSync, rows: readonly Summed[]): readonly OverviewRow[] {
  const selectScope = db.prepare('SELECT application, environment FROM scope WHERE id = ?')
  const selectName = db.prepare('SELECT name FROM finding_name WHERE id = ?')
  const scopes = new Map([...new Set(rows.map(([scope]) => scope))].map((id) => [id, scopeOf(selectScope.get(id) ?? {})]))
  const controls = new Map(
    [...new Set(rows.map(([, control]) => control))].map((id) => [id, id === 0 ? null : text(selectName.get(id) ?? {}, 'name')]),
  )
  const overview = rows.flatMap(([scope, control, ...counts]): OverviewRow[] => {
    const name = scopes.get(scope)
    return name ? [{ scope: name, control: controls.get(control) ?? null, counts: countsFrom(counts) }] : []
  })
  return overview.sort(
    (a, b) =>
      compare(a.scope.application, b.scope.application) ||
      compare(a.scope.environment, b.scope.environment) ||
      compare(a.control ?? '', b.control ?? ''),
  )
}

function countsFrom(counts: readonly number[]): Counts {
  const [info = 0, low = 0, medium = 0, high = 0, critical = 0, waived = 0, excepted = 0, unmapped = 0] = counts
  return { info, low, medium, high, critical, waived, excepted, unmapped }
}

function scopeOf(row: Row): ScopeName {
  return { application: text(row, 'application'), environment: text(row, 'environment') }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

type Range = { readonly minutes: number | null; readonly from: number; readonly to: number }

/** The time in as few parts as there can be: whole days, around them whole blocks, and windows at the edges. */
export function rangesOf(from: number, to: number, lengths: readonly number[] = BLOCK_MINUTES): readonly Range[] {
  if (from >= to) return []
  const [minutes, ...shorter] = lengths
  if (minutes === undefined) return [{ minutes: null, from, to }]
  const [first, last] = [Math.ceil(from / minutes) * minutes, Math.floor(to / minutes) * minutes]
  if (first >= last) return rangesOf(from, to, shorter)
  return [...rangesOf(from, first, shorter), { minutes, from: first, to: last }, ...rangesOf(last, to, shorter)]
}

function minuteOf(instant: Instant): number {
  return Math.ceil(instantMs(instant) / MINUTE_MS)
}

/** The numbers of the scopes that are known. */
export function idsOf(db: DatabaseSync, scopes: readonly ScopeName[]): readonly number[] {
  const select = db.prepare('SELECT id FROM scope WHERE application = ? AND environment = ?')
  return scopes.flatMap(({ application, environment }) => {
    const row = select.get(application, environment)
    return row ? [integer(row, 'id')] : []
  })
}
