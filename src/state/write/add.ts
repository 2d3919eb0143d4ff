import { typeInfoOf } from '../load/attributes.ts'
import { localFiles, type Files } from '../load/files.ts'
import { decodable, formatByName, type Format } from '../load/format.ts'
import { readGossfile, type Include } from '../load/gossfile.ts'
import { textOf } from '../load/text.ts'
import type { Dialect, Resource } from '../model/resource.ts'
import { includeOf, resourceOf } from './document.ts'
import { writeGossfile, writeStruct } from './render.ts'
import { struct } from './struct.ts'

/** A gossfile that is added to: its includes stay includes, its templates are text (a file with any cannot be read for this, as in goss). */
export type Draft = { readonly resources: readonly Resource[]; readonly includes: readonly Include[]; readonly format: Format }

/**
 * The gossfile at a path, or an empty one where there is none.
 *
 * @throws GossfileError in goss's words
 */
export function readDraft(path: string, dialect: Dialect, files: Files = localFiles): Draft {
  const format = formatByName(path)
  if (!files.exists(path)) return { resources: [], includes: [], format }
  const { resources, includes } = readGossfile(decodable(textOf(files.read(path)), format, path), path, dialect)
  return { resources, includes, format }
}

/** With one more resource: it takes the place of one with its key, of which title and meta stay. */
export function withResource(draft: Draft, resource: Resource): { readonly draft: Draft; readonly added: Resource } {
  const isSame = (other: Resource) => other.type === resource.type && other.key === resource.key
  const before = draft.resources.find(isSame)
  const added = before === undefined ? resource : { ...resource, title: before.title, meta: before.meta }
  return { draft: { ...draft, resources: [...draft.resources.filter((other) => !isSame(other)), added] }, added }
}

/** With one more include. */
export function withInclude(draft: Draft, file: string): { readonly draft: Draft; readonly added: Include } {
  const before = draft.includes.find(({ key }) => key === file)
  const place = { file, row: null, column: null }
  const added: Include = { key: file, file, title: before?.title ?? '', meta: before?.meta ?? null, skip: false, place }
  return { draft: { ...draft, includes: [...draft.includes.filter(({ key }) => key !== file), added] }, added }
}

/** The file's text; null: it would be empty, which goss does not write. */
export function draftText({ resources, includes, format }: Draft): string | null {
  return resources.length + includes.length === 0 ? null : writeGossfile(resources, includes, format)
}

/** What goss says of something added: its name, the file and how it is written there. Ends with the two line feeds of goss. */
export function announcement(added: Resource | Include, path: string, format: Format): string {
  const type = 'type' in added ? added.type : 'gossfile'
  const info = typeInfoOf(type)
  const body = 'type' in added && info !== undefined ? resourceOf(added, info) : includeOf(added as Include)
  return `Adding ${info?.goName ?? type} to '${path}':\n\n${writeStruct(struct([[added.key, body]]), format)}\n\n`
}
