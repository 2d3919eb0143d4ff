import type { CoverageState, Run } from '../../core/model/judgement.ts'
import { MINUTE_MS } from '../../core/model/time.ts'
import { worstPerColumn } from './watching.ts'

export type Edges = { readonly start: string; readonly end: string }

/** A stretch of a strip; `x` and `width` are shares of the window, 0 to 1. */
export type Block = { readonly state: CoverageState; readonly x: number; readonly width: number }

/** More runs than this are drawn as this many columns, each in its worst state. */
const mostRuns = 600

/** What to draw of an instance over the window, worst last, so that the shortest gap lies on top. */
export function blocksOf(runs: readonly Run[], window: Edges): readonly Block[] {
  const blocks = runs.length > mostRuns ? columnBlocks(runs, window) : runs.map((run) => runBlock(run, window))
  const order = (state: CoverageState): number => ['out_of_scope', 'observed', 'degraded', 'silent'].indexOf(state)
  return [...blocks].sort((a, b) => order(a.state) - order(b.state))
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10_080]
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** At most nine moments on round UTC times. */
export function ticks(window: Edges): readonly { readonly x: number; readonly label: string }[] {
  const [from, to] = [Date.parse(window.start), Date.parse(window.end)]
  const step = (steps.find((minutes) => (to - from) / (minutes * MINUTE_MS) <= 8) ?? 10_080) * MINUTE_MS
  const marks = []
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) marks.push(ms)
  const days = to - from > 1440 * MINUTE_MS
  return marks.map((ms) => ({ x: position(ms, window), label: tickLabel(new Date(ms), days) }))
}

function runBlock({ state, from, to }: Run, window: Edges): Block {
  const x = position(Date.parse(from), window)
  return { state, x, width: Math.max(0, position(Date.parse(to), window) - x) }
}

function columnBlocks(runs: readonly Run[], window: Edges): readonly Block[] {
  return worstPerColumn(runs, window, mostRuns).map((state, column) => ({ state, x: column / mostRuns, width: 1 / mostRuns }))
}

function position(ms: number, { start, end }: Edges): number {
  const [from, to] = [Date.parse(start), Date.parse(end)]
  return Math.min(1, Math.max(0, (ms - from) / (to - from)))
}

function tickLabel(date: Date, days: boolean): string {
  const time = date.toISOString().slice(11, 16)
  return days && time === '00:00' ? `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ''}` : time
}
