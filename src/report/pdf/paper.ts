// oxlint-disable-next-line import/no-named-as-default -- its types know the default only
import PDFDocument from 'pdfkit'
import { clip, visible } from '../visible.ts'
import { grouped } from '../words.ts'

/** TrueType bytes: the page's text, its bold form, and the one of machines (digests, paths). */
export type Fonts = { readonly regular: Uint8Array; readonly bold: Uint8Array; readonly mono: Uint8Array }

export type Face = 'regular' | 'bold' | 'mono'
export type TextStyle = { readonly face?: Face; readonly size?: number; readonly colour?: string; readonly gap?: number }
export type Cell =
  | string
  | {
      readonly text: string
      readonly face?: Face
      readonly colour?: string
      /** A line of its own below the text. */ readonly below?: string
    }
export type Column = { readonly head: string; readonly share: number; readonly right?: boolean }

/** Where somebody draws: a place of `width` × `height` points with its upper left corner at `x`, `y`. */
export type Place = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type Canvas = PDFKit.PDFDocument

/** Text flows down, a page follows the other; every piece is tagged for those who cannot see the page. */
export type Paper = {
  readonly heading: (level: 1 | 2 | 3, text: string) => void
  readonly paragraph: (text: string, style?: TextStyle) => void
  /** Terms and what they are, side by side. */
  readonly facts: (pairs: readonly (readonly [string, string] | readonly [string, string, Face])[]) => void
  /** The head is repeated on every page; `kept` says what was left out, if anything. */
  readonly table: (caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]) => void
  /** A drawing with its text alternative, as wide as the text. */
  readonly figure: (alt: string, height: number, draw: (canvas: Canvas, place: Place) => void) => void
  readonly space: (points: number) => void
  /** Begins a new page unless so many points are left on this one. */
  readonly keep: (points: number) => void
  readonly finish: () => Uint8Array
}

export const ink = { text: '#1b1d21', quiet: '#585d66', line: '#dcdcd6', warn: '#b01e1e' } as const

const margin = 48
const footer = 30
const sizes = { 1: 19, 2: 13.5, 3: 10.5 } as const
const bodySize = 8.8

/**
 * An A4 document that is the same bytes for the same calls: the only time in it is `madeAt`.
 * `footerLine` stands on every page beside the page's number.
 */
export function createPaper(
  fonts: Fonts,
  about: { readonly title: string; readonly subject: string; readonly madeAt: string; readonly footerLine: string },
): Paper {
  const madeAt = new Date(about.madeAt)
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: margin, left: margin, right: margin, bottom: margin + footer },
    pdfVersion: '1.7',
    lang: 'en',
    tagged: true,
    displayTitle: true,
    bufferPages: true,
    // Otherwise it would look for a font of its own in a file.
    font: fonts.regular as unknown as string,
    info: { Title: about.title, Subject: about.subject, Author: 'Runproof', Creator: 'Runproof', CreationDate: madeAt },
  })
  for (const face of ['regular', 'bold', 'mono'] as const) doc.registerFont(face, fonts[face])
  const root = doc.struct('Document')
  doc.addStructure(root)
  const width = doc.page.width - 2 * margin
  const bottom = (): number => doc.page.height - margin - footer
  const drawable = glyphsOf(doc)

  const put = ({ face = 'regular', size = bodySize, colour = ink.text }: TextStyle): void => {
    doc.font(face).fontSize(size).fillColor(colour)
  }
  const shown = (text: string, face: Face, max = 1200): string => {
    const { kept, left } = clip(text, max)
    return `${drawable(visible(kept), face)}${left === 0 ? '' : ` … ${grouped(left)} more characters in report.json`}`
  }
  const keep = (points: number): void => {
    if (doc.y + points > bottom()) doc.addPage()
  }

  function paragraph(text: string, style: TextStyle = {}): void {
    put(style)
    const words = shown(text, style.face ?? 'regular', 4000)
    // Enough for its first lines; to measure all of it would mean to lay it out twice.
    const size = style.size ?? bodySize
    keep(size * 1.4 * Math.min(3, Math.ceil((words.length * size) / width / 1.6)))
    root.add(doc.struct('P', {}, () => void doc.text(words, margin, doc.y, { width, lineGap: 1.2 })))
    doc.y += style.gap ?? 4
  }

  function heading(level: 1 | 2 | 3, text: string): void {
    if (level !== 1) doc.y += level === 2 ? 14 : 8
    keep(level === 2 ? 90 : 60)
    put({ face: 'bold', size: sizes[level] })
    const words = shown(text, 'bold', 300)
    if (level === 2) doc.outline.addItem(words)
    root.add(doc.struct(`H${level}`, {}, () => void doc.text(words, margin, doc.y, { width })))
    doc.y += level === 3 ? 2 : 5
  }

  function facts(pairs: readonly (readonly [string, string] | readonly [string, string, Face])[]): void {
    const term = 112
    const list = doc.struct('L')
    root.add(list)
    for (const [name, value, face = 'regular'] of pairs) {
      const size = face === 'mono' ? bodySize - 1 : bodySize
      put({ face, size })
      const words = shown(value, face)
      const height = Math.max(doc.heightOfString(words, { width: width - term }), bodySize + 3)
      keep(Math.min(height, 200))
      const y = doc.y
      list.add(
        doc.struct('LI', {}, [
          doc.struct('Lbl', {}, () => {
            put({ colour: ink.quiet })
            doc.text(name, margin, y, { width: term - 8 })
          }),
          doc.struct('LBody', {}, () => {
            put({ face, size })
            doc.text(words, margin + term, y, { width: width - term })
          }),
        ]),
      )
      doc.y = Math.max(doc.y, y + Math.min(height, bottom() - y)) + 2
      doc.x = margin
    }
    doc.y += 4
  }

  function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
    const whole = columns.reduce((sum, { share }) => sum + share, 0)
    const widths = columns.map(({ share }) => (share / whole) * width)
    const size = 7.6
    const tag = doc.struct('Table', { alt: shown(caption, 'regular', 200) })
    const heightOf = (cells: readonly string[], faces: readonly Face[]): number =>
      Math.max(
        ...cells.map((text, index) => {
          put({ face: faces[index] ?? 'regular', size: faces[index] === 'mono' ? size - 0.6 : size })
          return doc.heightOfString(text, { width: (widths[index] ?? 0) - 6 })
        }),
      ) + 5
    const row = (kind: 'TH' | 'TD', cells: readonly Cell[]): void => {
      const styled = cells.map((cell) => (typeof cell === 'string' ? { text: cell } : cell))
      const faces = styled.map(({ face }) => (kind === 'TH' ? 'bold' : (face ?? 'regular')))
      const texts = styled.map(({ text, below }, index) =>
        [text, ...(below === undefined ? [] : [below])].map((line) => shown(line, faces[index] ?? 'regular', 400)).join('\n'),
      )
      const height = heightOf(texts, faces)
      if (doc.y + height > bottom()) {
        doc.addPage()
        if (kind === 'TD') row('TH', heads)
      }
      const y = doc.y
      let x = margin
      const parts = texts.map((text, index) => {
        const at = x
        x += widths[index] ?? 0
        return doc.struct(kind, {}, () => {
          const { colour } = styled[index] ?? {}
          const face = faces[index] ?? 'regular'
          put({ face, size: face === 'mono' ? size - 0.6 : size, colour: kind === 'TH' ? ink.quiet : (colour ?? ink.text) })
          const align = columns[index]?.right === true ? 'right' : 'left'
          doc.text(text, at, y + 2.5, { width: (widths[index] ?? 0) - 6, align })
        })
      })
      tag.add(doc.struct('TR', {}, parts))
      doc.x = margin
      doc.y = y + height
      rule(doc.y)
    }
    const heads = columns.map(({ head }) => head)
    put({ colour: ink.quiet })
    keep(50)
    root.add(tag)
    tag.add(doc.struct('Caption', {}, () => void doc.text(shown(caption, 'regular', 300), margin, doc.y, { width })))
    doc.y += 2
    row('TH', heads)
    for (const cells of rows) row('TD', cells)
    doc.y += 7
  }

  /** Lines are decoration: whoever listens to the page must not hear them. */
  function rule(y: number): void {
    doc.markContent('Artifact', { type: 'Layout' })
    doc
      .moveTo(margin, y)
      .lineTo(margin + width, y)
      .lineWidth(0.5)
      .strokeColor(ink.line)
      .stroke()
    doc.endMarkedContent()
  }

  function figure(alt: string, height: number, draw: (canvas: Canvas, place: Place) => void): void {
    keep(height + 2)
    const place = { x: margin, y: doc.y, width, height }
    root.add(
      doc.struct('Figure', { alt: shown(alt, 'regular', 600) }, () => {
        doc.save()
        draw(doc, place)
        doc.restore()
      }),
    )
    doc.x = margin
    doc.y = place.y + height
  }

  function finish(): Uint8Array {
    const { count } = doc.bufferedPageRange()
    for (let page = 0; page < count; page++) {
      doc.switchToPage(page)
      // The footer stands below the text's margin, where text would begin a new page.
      doc.page.margins.bottom = 0
      const y = doc.page.height - margin - 8
      doc.markContent('Artifact', { type: 'Pagination' })
      put({ face: 'mono', size: 6.4, colour: ink.quiet })
      doc.text(shown(about.footerLine, 'mono', 300), margin, y, { width: width - 70, lineBreak: false })
      put({ size: 7, colour: ink.quiet })
      doc.text(`page ${page + 1} of ${count}`, margin + width - 70, y, { width: 70, align: 'right', lineBreak: false })
      doc.endMarkedContent()
    }
    root.end()
    doc.end()
    // Everything was pushed while `end` ran; nothing is waited for.
    const bytes = doc.read() as Uint8Array | null
    if (bytes === null) throw new Error('the document gave no bytes')
    return new Uint8Array(bytes)
  }

  return { heading, paragraph, facts, table, figure, space: (points) => void (doc.y += points), keep, finish }
}

/** Writes out, like `U+4E2D`, what the face has no picture of: an empty box could be anything. */
function glyphsOf(doc: PDFKit.PDFDocument): (text: string, face: Face) => string {
  type Covering = { readonly ['_font']: { readonly font: { readonly hasGlyphForCodePoint: (point: number) => boolean } } }
  const known = new Map<string, boolean>()
  const has = (character: string, face: Face): boolean => {
    const key = `${face}${character}`
    const found = known.get(key)
    if (found !== undefined) return found
    const point = character.codePointAt(0) ?? 0
    const answer = (doc.font(face) as unknown as Covering)['_font'].font.hasGlyphForCodePoint(point)
    known.set(key, answer)
    return answer
  }
  return (text, face) =>
    text.replaceAll(/[^\x20-\x7e]/gu, (character) =>
      has(character, face) ? character : `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
    )
}
