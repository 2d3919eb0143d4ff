import type { JsonValue } from '../../core/proof/jcs.ts'
import { visibleText } from '../lib/visible-text.ts'

/** Where something stands in a document: keys and list positions from the top. */
export type Path = readonly (string | number)[]
/** Both count from 1; a column is a UTF-16 unit. */
export type Position = { readonly line: number; readonly column: number }

/** What is wrong, where, and what to do about it. */
export type Problem = Position & {
  readonly file: string
  /** As a person writes it: `controls[2].deny.paths[0]`; empty for the document itself. */
  readonly path: string
  /** The offending value as JSON, cut; null where something is missing. */
  readonly value: string | null
  readonly message: string
  readonly fix: string
}

/** A problem before its place is known. `key`: the key at the end of `path` is meant, not its value. */
export type Fault = { readonly path: Path; readonly key?: boolean; readonly message: string; readonly fix: string }

/** `manifest.yaml:4:9: scope.workloads[0].namespace: message (is "x"). Fix: …`, the form that editors and CI make links of. */
export function problemText({ file, line, column, path, value, message, fix }: Problem): string {
  const where = path === '' ? '' : ` ${path}:`
  const what = visibleText(`${message}${value === null ? '' : ` (is ${value})`}`)
  return `${file}:${line}:${column}:${where} ${what}\n  fix: ${visibleText(fix)}`
}

/** `["controls", 2, "deny"]` → `controls[2].deny`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** A value in a message: JSON, cut to what fits on a line. */
export function valueText(value: JsonValue | undefined): string | null {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`
}

/** In the order in which a person meets them. */
export function byPosition(a: Position & { readonly path: string }, b: Position & { readonly path: string }): number {
  return a.line - b.line || a.column - b.column || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
}

const MAX_SHOWN = 80
