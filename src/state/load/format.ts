import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import { Decoder } from './decode.ts'
import { GossfileError } from './failure.ts'
import type * as JsonDecoding from './json-decoder.ts'
import type * as Json from './json.ts'
import type { GoValue } from '../model/value.ts'
import type { Node } from './node.ts'
import { readYaml } from './yaml.ts'

const load = createRequire(import.meta.url)
const json = late(() => load('./json.ts') as typeof Json)
const jsonDecoding = late(() => load('./json-decoder.ts') as typeof JsonDecoding)

export type Format = 'json' | 'yaml'

/** A text as nodes, with the decoder that lays Go's types over them. `nextRow`: where a second document begins; null: there is none. */
export type Decodable = { readonly root: Node | null; readonly decoder: Decoder; readonly nextRow: number | null }

/** @throws GossfileError in the words of Go's parsers */
export function decodable(text: string, format: Format, file: string): Decodable {
  if (format === 'json')
    return { root: json().readJson(text, file), decoder: new (jsonDecoding().JsonDecoder)(file), nextRow: null }
  const { root, nextRow } = readYaml(text, file)
  return { root, decoder: new Decoder(file), nextRow }
}

/** By the extension of the path. @throws GossfileError for another one */
export function formatByName(path: string): Format {
  const extension = /\.[^./]*$/.exec(path)?.[0] ?? ''
  if (extension === '.json') return 'json'
  if (extension === '.yaml' || extension === '.yml') return 'yaml'
  throw new GossfileError(`unknown file extension: ${extension}`, { file: path, row: null, column: null })
}

/** JSON if it is JSON, else YAML, as goss guesses where no name says it. @throws GossfileError where it is neither */
export function formatOf(text: string, file: string): Format {
  return readByContent(text, file).format
}

/** A text whose format no name says, and its value as `interface {}`; null: there is none. */
export type ReadByContent = Omit<Decodable, 'nextRow'> & { readonly format: Format; readonly value: GoValue }

/** As `formatOf`, with what was read. @throws GossfileError where the text is neither */
export function readByContent(text: string, file: string): ReadByContent {
  for (const format of ['json', 'yaml'] as const) {
    try {
      const { root, decoder } = decodable(text, format, file)
      const value = root === null ? null : decoder.any(root)
      decoder.finish()
      return { format, root, decoder, value }
    } catch (error) {
      if (!(error instanceof GossfileError)) throw error
    }
  }
  throw new GossfileError('unable to determine format from content', { file, row: null, column: null })
}
