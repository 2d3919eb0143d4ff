import { jcs, quoted } from '../proof/jcs.ts'
import type { Found } from './found.ts'
import { ReadBehaviour } from './read-behaviour.ts'

/** Lists and sums that findings share are written once; they come from outside. */
const MAX_SHARED = 10_000

/** A finding in canonical JSON, in pieces that follow one another: identity and samples are texts of their own. */
export type FindingText = readonly [start: string, identity: string, middle: string, samples: string, end: string]

/**
 * Writes findings as `jcs` does, several times as fast: a hundred thousand of them are digested in each judgement, most of what they say
 * lies in the evidence just so, and neighbours mostly begin and end alike. A test holds it to `jcs`.
 */
export class FindingWriter {
  readonly #shared = new Map<object, string>()
  #last: Found | null = null
  /** What the last finding begins with, up to its fingerprint. */
  #head = ''
  /** What it ends with, from its sensors on. */
  #end = ''

  text(finding: Found): FindingText {
    const { fingerprint, first, identity, last, placed, recurrence, samples } = finding
    if (this.#last === null || !beginAlike(this.#last, finding)) this.#head = headOf(finding)
    if (this.#last === null || !endAlike(this.#last, finding)) this.#end = this.#endOf(finding)
    this.#last = finding
    const isRead = samples instanceof ReadBehaviour
    const firstText = orNull(first)
    const lastText = last === first ? firstText : orNull(last)
    return [
      `${this.#head}${quoted(fingerprint)},"first":${firstText},"identity":`,
      isRead ? samples.identityText : jcs(identity),
      `,"last":${lastText},"placed":${placed},"recurrence":"${recurrence}","samples":`,
      isRead ? samples.samplesText : jcs(samples),
      this.#end,
    ]
  }

  #endOf({ sensors, severity, waivedBy, workloads }: Found): string {
    return (
      `,"sensors":${this.#textOf(sensors, sensorsText)},"severity":"${severity}","waivedBy":${this.#textOf(waivedBy, listText)},` +
      `"workloads":${this.#textOf(workloads, listText)}}`
    )
  }

  #textOf<T extends object>(value: T, write: (value: T) => string): string {
    const known = this.#shared.get(value)
    if (known !== undefined) return known
    const text = write(value)
    if (this.#shared.size < MAX_SHARED) this.#shared.set(value, text)
    return text
  }
}

function beginAlike(a: Found, b: Found): boolean {
  return (
    a.attributed === b.attributed &&
    a.because === b.because &&
    a.confidence === b.confidence &&
    a.control === b.control &&
    a.count === b.count &&
    a.effects === b.effects &&
    a.excepted === b.excepted &&
    a.awaitsSecondPerson === b.awaitsSecondPerson &&
    a.confirmedBy === b.confirmedBy
  )
}

function endAlike(a: Found, b: Found): boolean {
  return a.sensors === b.sensors && a.severity === b.severity && a.waivedBy === b.waivedBy && a.workloads === b.workloads
}

function headOf(finding: Found): string {
  const { attributed, awaitsSecondPerson, because, confidence, confirmedBy, control, count, excepted } = finding
  const { observed, prevented, terminated, unknown } = finding.effects
  return (
    `{"attributed":${attributed},${memberText('awaitsSecondPerson', awaitsSecondPerson)}"because":"${because}",` +
    `"confidence":${jcs(confidence)},${memberText('confirmedBy', confirmedBy)}"control":${orNull(control)},` +
    `"count":${count},"effects":{"observed":${observed},"prevented":${prevented},"terminated":${terminated},` +
    `"unknown":${unknown}},"excepted":${orNull(excepted)},"fingerprint":`
  )
}

function sensorsText(sensors: Found['sensors']): string {
  const items = sensors.map(
    ({ count, rules, sensor }) => `{"count":${count},"rules":${listText(rules)},"sensor":${quoted(sensor)}}`,
  )
  return `[${items.join()}]`
}

function listText(texts: readonly string[]): string {
  const [only] = texts
  if (only === undefined) return '[]'
  return texts.length === 1 ? `[${quoted(only)}]` : `[${texts.map(quoted).join()}]`
}

/** What most findings have not is not there at all. */
function memberText(name: string, texts: readonly string[] | undefined): string {
  return texts === undefined ? '' : `"${name}":${listText(texts)},`
}

function orNull(text: string | null): string {
  return text === null ? 'null' : quoted(text)
}
