import { Decoder } from './decode.ts'
import { GossfileError } from './failure.ts'
import { JsonDecoder } from './json-decoder.ts'
import { readJson } from './json.ts'
import type { Node } from './node.ts'
import { readYaml } from './yaml.ts'

export type Format = 'json' | 'yaml'

/** A text as nodes, with the decoder that lays Go's types over them. `nextRow`: where a second document begins; null: there is none. */
export type Decodable = { readonly root: Node | null; readonly decoder: Decoder; readonly nextRow: number | null }

/** @throws GossfileError in the words of Go's parsers */
export function decodable(text: string, format: Format, file: string): Decodable {
  if (format === 'json') return { root: readJson(text, file), decoder: new JsonDecoder(file), nextRow: null }
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
  for (const format of ['json', 'yaml'] as const) {
    try {
      const { root, decoder } = decodable(text, format, file)
      if (root !== null) decoder.any(root)
      decoder.finish()
      return format
    } catch (error) {
      if (!(error instanceof GossfileError)) throw error
    }
  }
  throw new GossfileError('unable to determine format from content', { file, row: null, column: null })
}
