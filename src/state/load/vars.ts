import { isGoMap, type GoMap } from '../model/value.ts'
import type { Dialect } from '../model/resource.ts'
import { GossfileError } from './failure.ts'
import type { Files } from './files.ts'
import { readByContent } from './format.ts'
import { isNull } from './node.ts'
import { textOf } from './text.ts'

export type Vars = { readonly vars: GoMap; readonly read: readonly { readonly path: string; readonly bytes: Uint8Array }[] }

/**
 * The variables of a run: files, then the top-level keys of the inline text over them. goss 0.4.10 takes the last file alone; the dialect
 * `runproof` merges all of them deeply, later over earlier, as goss's master does.
 *
 * @throws GossfileError in goss's words
 */
export function readVars(paths: readonly string[], inline: string, files: Files, dialect: Dialect): Vars {
  const used = dialect === 'goss' ? paths.slice(-1) : paths
  const read: { path: string; bytes: Uint8Array }[] = []
  try {
    let vars: GoMap = new Map()
    for (const path of used) {
      const bytes = bytesOf(path, files)
      read.push({ path, bytes })
      vars = merged(
        vars,
        within(`loading vars file '${path}'`, () => varsOf(textOf(bytes), path)),
      )
    }
    if (inline === '') return { vars, read }
    const extra = within('loading inline vars', () => varsOf(inline, '--vars-inline'))
    return { vars: new Map([...vars, ...extra]), read }
  } catch (error) {
    if (!(error instanceof GossfileError)) throw error
    const name = JSON.stringify(used.at(-1) ?? '')
    throw new GossfileError(`failed while loading vars file ${name}: ${error.message}`, error.place, { cause: error })
  }
}

function bytesOf(path: string, files: Files): Uint8Array {
  try {
    return files.read(path)
  } catch (error) {
    const place = { file: path, row: null, column: null }
    throw new GossfileError(`loading vars file '${path}'\n${(error as Error).message}`, place, { cause: error })
  }
}

function within<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof GossfileError)) throw error
    throw new GossfileError(`${what}\n${error.message}`, error.place, { cause: error })
  }
}

function varsOf(text: string, file: string): GoMap {
  const { root, decoder, value } = readByContent(text, file)
  if (root === null || isNull(root)) return new Map()
  if (!isGoMap(value)) decoder.wrongType(root, 'map[string]interface {}')
  decoder.finish()
  return value as GoMap
}

/** Maps are merged key by key; everything else is replaced. */
function merged(under: GoMap, over: GoMap): GoMap {
  const all = new Map(under)
  for (const [key, value] of over) {
    const before = all.get(key) ?? null
    all.set(key, isGoMap(before) && isGoMap(value) ? merged(before, value) : value)
  }
  return all
}
