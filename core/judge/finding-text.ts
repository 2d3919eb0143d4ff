import type { Behaviour } from '../model/behaviour.ts'
import type { Finding } from '../model/judgement.ts'
import { jcs, quoted } from '../proof/jcs.ts'

/** Lists and sums that findings share are written once; they come from outside. */
const MAX_SHARED = 10_000

/**
 * Writes findings as `jcs` does, several times as fast: a hundred thousand of them are digested in each judgement, most of what they say
 * lies in the evidence just so (`written` of the finding's behaviour), and neighbours mostly begin alike. A test holds it to `jcs`.
 */
export class FindingWriter {
  readonly #shared = new Map<object, string>()
  #last: Finding | null = null
  /** What the last finding begins with, up to its fingerprint. */
  #head = ''

  text(finding: Finding, written: Behaviour['written']): string {
    const { fingerprint, first, last, placed, recurrence, sensors, severity, waivedBy, workloads } = finding
    if (this.#last === null || !beginAlike(this.#last, finding)) this.#head = headOf(finding)
    this.#last = finding
    const identityText = written?.identity ?? jcs(finding.identity)
    const samplesText = written?.samples ?? jcs(finding.samples)
    const firstText = orNull(first)
    const lastText = last === first ? firstText : orNull(last)
    return (
      `${this.#head}${quoted(fingerprint)},"first":${firstText},"identity":${identityText},"last":${lastText},` +
      `"placed":${placed},"recurrence":"${recurrence}","samples":${samplesText},"sensors":${this.#textOf(sensors, sensorsText)},` +
      `"severity":"${severity}","waivedBy":${this.#textOf(waivedBy, listText)},"workloads":${this.#textOf(workloads, listText)}}`
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

function beginAlike(a: Finding, b: Finding): boolean {
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

function headOf(finding: Finding): string {
  const { attributed, awaitsSecondPerson, because, confidence, confirmedBy, control, count, excepted } = finding
  const { observed, prevented, terminated, unknown } = finding.effects
  return (
    `{"attributed":${attributed},${memberText('awaitsSecondPerson', awaitsSecondPerson)}"because":"${because}",` +
    `"confidence":${jcs(confidence)},${memberText('confirmedBy', confirmedBy)}"control":${orNull(control)},` +
    `"count":${count},"effects":{"observed":${observed},"prevented":${prevented},"terminated":${terminated},` +
    `"unknown":${unknown}},"excepted":${orNull(excepted)},"fingerprint":`
  )
}

function sensorsText(sensors: Finding['sensors']): string {
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
