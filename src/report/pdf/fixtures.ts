import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import type { Fonts } from './paper.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'dejavu-fonts-ttf', 'ttf')
const font = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, `${name}.ttf`)))

/** For tests only: the fonts that the commands give. */
export const fonts: Fonts = { regular: font('DejaVuSans'), bold: font('DejaVuSans-Bold'), mono: font('DejaVuSansMono') }

/**
 * For tests only: what a reader of the document gets when they copy its text: every shown glyph through its font's own table, a piece
 * of text for each time that the page says "show this".
 */
export function pdfTexts(pdf: Uint8Array): readonly string[] {
  const text = Buffer.from(pdf).toString('latin1')
  const objects = new Map([...text.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id = '', body = '']) => [id, body]))
  const fontIds = new Map([...text.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name = '', id = '']) => [name, id]))
  const maps = new Map([...fontIds].map(([name, id]) => [name, glyphsOf(objects, objects.get(id) ?? '')]))
  const texts: string[] = []
  for (const body of objects.values()) {
    let glyphs: ReadonlyMap<string, string> = new Map()
    for (const [, name, array = ''] of (inflated(body) ?? '').matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
      if (name !== undefined) glyphs = maps.get(name) ?? new Map()
      else texts.push([...array.matchAll(/<([0-9a-f]+)>/g)].map(([, hex = '']) => decoded(hex, glyphs)).join(''))
    }
  }
  return texts
}

function glyphsOf(objects: ReadonlyMap<string, string>, dictionary: string): ReadonlyMap<string, string> {
  const table = objects.get(/\/ToUnicode (\d+) 0 R/.exec(dictionary)?.[1] ?? '')
  const glyphs = new Map<string, string>()
  const ranges = (table && inflated(table))?.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g) ?? []
  for (const [, from = '', list = ''] of ranges) {
    for (const [index, [, hex = '']] of [...list.matchAll(/<([0-9a-f ]*)>/g)].entries()) {
      const units = (hex.replaceAll(' ', '').match(/.{4}/g) ?? []).map((unit) => Number.parseInt(unit, 16))
      glyphs.set((Number.parseInt(from, 16) + index).toString(16).padStart(4, '0'), String.fromCharCode(...units))
    }
  }
  return glyphs
}

function inflated(body: string): string | null {
  const start = body.indexOf('stream\n')
  if (start < 0 || !body.includes('/FlateDecode')) return null
  return inflateSync(Buffer.from(body.slice(start + 7, body.lastIndexOf('\nendstream')), 'latin1')).toString('latin1')
}

function decoded(hex: string, glyphs: ReadonlyMap<string, string>): string {
  return (hex.match(/.{4}/g) ?? []).map((glyph) => glyphs.get(glyph) ?? '').join('')
}
