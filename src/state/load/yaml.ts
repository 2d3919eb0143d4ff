import { GossfileError } from './failure.ts'
import type { Node } from './node.ts'
import { YamlFault } from './yaml/cursor.ts'
import { DocumentReader, UnknownAnchor } from './yaml/reader.ts'

/** A document: null when it is empty. `nextRow`: where a second one begins, which goss never reads; null: there is none. */
export type YamlText = { readonly root: Node | null; readonly nextRow: number | null }

/**
 * Reads the first document of a YAML text as go-yaml v3 sees it: scalars unresolved but for their tags, anchors tied to the nearest
 * definition before them, duplicate keys kept.
 *
 * @throws GossfileError with go-yaml's words and lines
 */
export function readYaml(text: string, file: string): YamlText {
  const place = (line: number, column: number) => ({ file, row: line + 1, column: column + 1 })
  if (unprintable.test(text))
    throw new GossfileError('yaml: control characters are not allowed', { file, row: null, column: null })
  try {
    const reader = new DocumentReader(text)
    const root = reader.first() ?? null
    return { root, nextRow: root === null ? null : reader.nextRow() }
  } catch (error) {
    if (error instanceof UnknownAnchor) {
      throw new GossfileError(`yaml: ${error.message}`, place(error.mark.line, error.mark.column), { cause: error })
    }
    if (!(error instanceof YamlFault)) throw error
    const where = error.row === null ? '' : `line ${error.row}: `
    const { line, column } = error.problem
    throw new GossfileError(`yaml: ${where}${error.message}`, place(line, column), { cause: error })
  }
}

/** What go-yaml's reader lets through: tab, line breaks, and what can be printed. */
const unprintable = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
