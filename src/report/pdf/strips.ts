import { coverageStates, type CoverageState, type InstanceCoverage } from '../../../core/model/judgement.ts'
import { blocksOf, ticks, type Edges } from '../timeline.ts'
import { instanceLabel, minutesByState } from '../watching.ts'
import { grouped, stateWords } from '../words.ts'
import { ink, type Canvas, type Paper, type Place } from './paper.ts'

const height = 13
/** The shortest gap is drawn this wide, in points. */
const least = 1.4

const fills: Readonly<Record<CoverageState, { readonly fill: string; readonly line: string | null }>> = {
  observed: { fill: '#7fb796', line: null },
  degraded: { fill: '#f2c14e', line: '#7a4d00' },
  silent: { fill: '#8e1b1b', line: '#f6d5d0' },
  out_of_scope: { fill: '#ececE6', line: '#7d8088' },
}

/** What each fill means: a colour and a pattern of its own. */
export function legend(paper: Paper): void {
  paper.figure(`Legend of the strips: ${coverageStates.map((state) => stateWords[state]).join(', ')}`, 16, (canvas, { x, y }) => {
    let at = x
    for (const state of coverageStates) {
      block(canvas, state, { x: at, y: y + 2, width: 16, height: 8 })
      canvas.font('regular').fontSize(7.6).fillColor(ink.text)
      canvas.text(stateWords[state], at + 20, y + 1.5, { lineBreak: false })
      at += 34 + canvas.widthOfString(stateWords[state])
    }
  })
}

/** One instance over the window; blind stretches lie on top and are never too thin to see. */
export function strip(paper: Paper, instance: InstanceCoverage, window: Edges): void {
  const minutes = minutesByState(instance)
  const told = coverageStates
    .filter((state) => minutes[state] > 0)
    .map((state) => `${stateWords[state]} ${grouped(minutes[state])}`)
  const name = `${instanceLabel(instance)}${instance.required ? '' : ' (not required)'}`
  paper.keep(height + 22)
  paper.paragraph(`${name}: ${told.join(', ')} min`, { size: 7.6, gap: 0 })
  paper.figure(`${name}: ${told.join(', ')} minutes`, height + 3, (canvas, { x, y, width }) => {
    for (const { state, ...share } of blocksOf(instance.runs, window)) {
      const blind = state === 'silent' || state === 'degraded'
      const wide = Math.max(blind ? least : 0, share.width * width)
      block(canvas, state, { x: Math.min(x + share.x * width, x + width - wide), y, width: wide, height })
    }
    canvas.lineWidth(0.4).strokeColor('#ffffff')
    for (const { x: at } of ticks(window))
      if (at > 0 && at < 1)
        canvas
          .moveTo(x + at * width, y)
          .lineTo(x + at * width, y + height)
          .stroke()
    canvas.rect(x, y, width, height).lineWidth(0.4).strokeColor(ink.quiet).stroke()
  })
}

/** The times below the strips, UTC. */
export function axis(paper: Paper, window: Edges): void {
  const marks = ticks(window)
  paper.figure(`Time axis in UTC: ${marks.map(({ label }) => label).join(', ')}`, 14, (canvas, { x, y, width }) => {
    canvas.font('regular').fontSize(6.6).fillColor(ink.quiet)
    for (const { x: at, label } of marks) {
      const wide = canvas.widthOfString(label)
      const start = Math.min(Math.max(x, x + at * width - wide / 2), x + width - wide)
      canvas.text(label, start, y + 1, { lineBreak: false })
    }
  })
}

function block(canvas: Canvas, state: CoverageState, { x, y, width, height: high }: Place): void {
  const { fill, line } = fills[state]
  canvas.rect(x, y, width, high).fill(fill)
  if (line === null) return
  canvas.save().rect(x, y, width, high).clip().lineWidth(0.6).strokeColor(line)
  for (const [from, to] of patternOf(state, high, width)) canvas.moveTo(x + from, y + high).lineTo(x + to, y)
  canvas.stroke().restore()
}

/** Lines from the lower edge to the upper: slanted when degraded, crossed when silent, upright when out of scope. */
function patternOf(state: CoverageState, high: number, width: number): readonly (readonly [number, number])[] {
  const step = state === 'out_of_scope' ? 5 : 4
  const lines: (readonly [number, number])[] = []
  for (let at = -high; at < width + high; at += step) {
    if (state === 'out_of_scope') lines.push([at, at])
    else lines.push([at, at + high])
    if (state === 'silent') lines.push([at + high, at])
  }
  return lines
}
