import type * as z from 'zod/mini'
import { ManifestSchema, manifestLimits, type Manifest } from '../../core/model/manifest.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { crossCheck } from './cross-check.ts'
import { explainIssues, valueAt } from './explain-issue.ts'
import { byPosition, pathText, valueText, type Fault, type Path, type Position, type Problem } from './problem.ts'
import { readSource } from './source.ts'
import { viewOf } from './view.ts'

export type ReadManifest =
  | { readonly manifest: Manifest; readonly locate: (path: Path, key?: boolean) => Position }
  | { readonly problems: readonly Problem[] }

/** More are not shown: whoever has that many mends the first ones and looks again. */
const MAX_PROBLEMS = 200

/**
 * A manifest from YAML or JSON text, or everything that is wrong with it, in the order of the text. `file` is only named in the
 * problems. Nothing is filled in: the manifest is what its author wrote.
 */
export function readManifest(text: string, file: string): ReadManifest {
  if (text.length > manifestLimits.bytes || new TextEncoder().encode(text).length > manifestLimits.bytes) {
    const fix = 'split the scope into several manifests: this is a document that people review'
    return {
      problems: [{ file, line: 1, column: 1, path: '', value: null, message: `larger than ${manifestLimits.bytes} bytes`, fix }],
    }
  }
  const { value, faults, locate } = readSource(text)
  const shape = ManifestSchema.safeParse(value)
  const issues = shape.success ? [] : shape.error.issues
  // A document that is not even YAML has one story to tell.
  const unread = value === null && faults.length > 0
  const told = new Set(faults.map(({ path }) => pathText(path)))
  const wrong = unread
    ? []
    : [
        ...explainIssues(ManifestSchema, value, issues),
        ...crossCheck(viewOf(value, issues.map(pathOf), issues.filter(isOfWrongType).map(pathOf))),
      ].filter(({ path, key }) => key === true || !told.has(pathText(path)))
  if (shape.success && faults.length === 0 && wrong.length === 0) return { manifest: shape.data, locate }

  const problems = [
    ...faults.map((fault) => problemOf(fault, fault.position, value, file)),
    ...wrong.map((fault) => problemOf(fault, locate(fault.path, fault.key), value, file)),
  ].sort(byPosition)
  return { problems: capped(problems) }
}

function pathOf(issue: { readonly path: readonly PropertyKey[] }): Path {
  return issue.path.filter((step): step is string | number => typeof step !== 'symbol')
}

/** What stands there was looked into no further: it is another type, or its key is none. */
function isOfWrongType({ code }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' || code === 'invalid_union' || code === 'invalid_key'
}

/** A fault with its place and the value that stands there. */
export function problemOf(
  { path, key, message, fix }: Fault,
  { line, column }: Position,
  document: JsonValue,
  file: string,
): Problem {
  // A key is in the message already, and so is what a collection lacks.
  const value = key === true || path.length === 0 ? undefined : valueAt(document, path)
  return { file, line, column, path: pathText(path), value: typeof value === 'object' ? null : valueText(value), message, fix }
}

/** The first so many, in the order of the text, and how many there are beside. */
export function capped(problems: readonly Problem[]): readonly Problem[] {
  const last = problems[MAX_PROBLEMS]
  if (!last) return problems
  const rest = {
    ...last,
    path: '',
    value: null,
    message: `${problems.length - MAX_PROBLEMS} more problems`,
    fix: 'mend those above and look again',
  }
  return [...problems.slice(0, MAX_PROBLEMS), rest]
}
