import type { Act } from '../../../core/model/act.ts'
import type { EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { FORMAT } from './head.ts'

/** A sign of life that says nothing else. */
export type Health = Instance & { readonly kind: 'health'; readonly at: EventTime }

/** What can be written as a record. Beats are not: they are counted from records. */
export type Recordable = Exclude<Watch, { kind: 'beat' }> | Health

/** The record of a watch signal, one line without its line break. `more` is kept as evidence; readers ignore it. */
export function watchRecord(watch: Recordable, more: Readonly<Record<string, string | number>> = {}): string {
  const { kind, sensor, node, ...said } = watch
  const at = watch.kind === 'loss' ? watch.to : watch.at
  return JSON.stringify({ ...more, runproof: FORMAT, kind, sensor, node, at, ...said })
}

/** The record of an act, one line without its line break. `signal`: that by which the process was seen to end, if it was terminated. */
export function actRecord({ class: kind, sensor, at, subject, ...said }: Act, signal: string | null = null): string {
  const { node, ...who } = subject
  return JSON.stringify({ runproof: FORMAT, kind, sensor, node, at, ...said, subject: who, ...(signal !== null && { signal }) })
}
