import { RunproofError } from '../../../../core/model/errors.ts'

/** Where a field of an event lies. `text`: the field is a 32-bit word that says where in the record its characters are. */
export type Field = { readonly offset: number; readonly size: number; readonly signed: boolean; readonly isText: boolean }
/** The layout of one kind of event, as the running kernel describes it. */
export type EventFormat = { readonly id: number; readonly fields: ReadonlyMap<string, Field> }
/** The layout of a page of the ring buffer. */
export type PageFormat = { readonly commitOffset: number; readonly dataOffset: number; readonly bytes: number }

const fieldLine = /field:\s*(.*?)\s*(\w+)(?:\[\d*\])?;\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?/

/** Reads an event's `format` file. @throws RunproofError `format.malformed` when it has no id or no common field */
export function eventFormat(text: string): EventFormat {
  const id = Number(/^ID: (\d+)$/m.exec(text)?.[1] ?? Number.NaN)
  const fields = fieldsIn(text)
  if (!Number.isSafeInteger(id) || !fields.has('common_pid'))
    throw new RunproofError('format.malformed', 'the kernel describes an event in a form that we do not know')
  return { id, fields }
}

/** Reads `events/header_page`. @throws RunproofError `format.malformed` */
export function pageFormat(text: string): PageFormat {
  const fields = fieldsIn(text)
  const [commit, data] = [fields.get('commit'), fields.get('data')]
  if (commit === undefined || data === undefined)
    throw new RunproofError('format.malformed', 'the kernel describes its trace pages in a form that we do not know')
  return { commitOffset: commit.offset, dataOffset: data.offset, bytes: data.offset + data.size }
}

function fieldsIn(text: string): ReadonlyMap<string, Field> {
  const found = new Map<string, Field>()
  for (const line of text.split('\n')) {
    const [, type = '', name = '', offset, size, signed] = fieldLine.exec(line) ?? []
    if (name === '') continue
    found.set(name, {
      offset: Number(offset),
      size: Number(size),
      signed: signed === '1',
      isText: type.includes('__data_loc'),
    })
  }
  return found
}
