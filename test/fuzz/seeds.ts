import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
/** Real events of real sensors; not part of the repository. */
const corpus = join(root, '..', 'shared', 'corpus')

/** Whether runs start from the captured corpus too, or from our own fixtures alone. */
export const hasCorpus = existsSync(corpus)

/** Contents of files in the repository, sorted by path. */
export function filesOf(pattern: string, within: string = root): readonly Uint8Array[] {
  return globSync(pattern, { cwd: within })
    .sort()
    .map((file) => new Uint8Array(readFileSync(join(within, file))))
}

export function corpusFiles(pattern: string): readonly Uint8Array[] {
  return hasCorpus ? filesOf(pattern, corpus) : []
}

/** The vectors of a folder, parsed; the caller says what they are. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- shorter than a cast at every call
export function vectorsOf<T>(folder: string): readonly T[] {
  return filesOf(`vectors/${folder}/*.json`).map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T)
}

export function rootFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, path)))
}
