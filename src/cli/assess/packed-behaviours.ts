import { sightingKey } from '../../../core/judge/merge.ts'
import type { Behaviour, Identity, Sample, Sighting } from '../../../core/model/behaviour.ts'
import type { Intake } from '../../../core/model/intake.ts'

type Behaviours = Intake['behaviours']
type Seen = Omit<Sighting, 'minute' | 'count' | 'first' | 'last'>
type Times = readonly [form: number, minute: string | null, count: number, first: string | null, last: string | null]
type Example = readonly [
  at: string | null,
  digest: string,
  node: number,
  pod: number,
  container: number,
  image: number,
  pid: number | null,
  uid: number | null,
  commandLine: number,
  ancestors: number,
  tags: number,
  redacted: number,
]
type Row = readonly [fingerprint: string, identity: Identity, sightings: readonly Times[], samples: readonly Example[]]
type Packed = {
  readonly texts: readonly (string | null)[]
  readonly lists: readonly (readonly string[])[]
  readonly forms: readonly Seen[]
  readonly rows: readonly Row[]
}

/**
 * Behaviours as one text, which a thread hands over for the price of copying it; objects by the hundred thousand would cost more than
 * folding them did. What repeats is written once, and is one string again when it is unpacked.
 */
export function packBehaviours(behaviours: Behaviours): string {
  const texts = new Numbered<string | null>()
  const lists = new Numbered<readonly string[]>()
  const forms = new Numbered<Seen>()
  const textNumber = (text: string | null): number => texts.of(text, text)
  const listNumber = (list: readonly string[]): number => lists.of(JSON.stringify(list), list)
  const example = (sample: Sample): Example => [
    sample.at,
    sample.digest,
    textNumber(sample.node),
    textNumber(sample.pod),
    textNumber(sample.container),
    textNumber(sample.image),
    sample.pid,
    sample.uid,
    textNumber(sample.commandLine),
    listNumber(sample.ancestors),
    listNumber(sample.tags),
    sample.redacted,
  ]
  const times = ({ minute, count, first, last, ...seen }: Sighting): Times => [
    forms.of(formKey(seen), seen),
    minute,
    count,
    first,
    last,
  ]
  const rows: Row[] = []
  for (const { fingerprint, identity, sightings, samples } of behaviours.values())
    rows.push([fingerprint, identity, Array.from(sightings.values(), times), samples.map(example)])
  return JSON.stringify({ texts: texts.values, lists: lists.values, forms: forms.values, rows } satisfies Packed)
}

/** What {@link packBehaviours} was given. */
export function unpackBehaviours(text: string): Behaviours {
  const { texts, lists, forms, rows } = JSON.parse(text) as Packed
  // A key begins with the minute; the rest is the same for all sightings of a form.
  const keyEnds = forms.map((seen) => formKey(seen).slice('[null'.length))
  const textAt = (number: number): string | null => texts[number] ?? null
  const sighting = ([form, minute, count, first, last]: Times): [string, Sighting] => [
    `[${minute === null ? 'null' : `"${minute}"`}${keyEnds[form] ?? ''}`,
    { ...(forms[form] as Seen), minute, count, first, last },
  ]
  const sample = ([
    at,
    digest,
    node,
    pod,
    container,
    image,
    pid,
    uid,
    commandLine,
    ancestors,
    tags,
    redacted,
  ]: Example): Sample => ({
    at,
    digest,
    node: textAt(node),
    pod: textAt(pod),
    container: textAt(container),
    image: textAt(image),
    pid,
    uid,
    commandLine: textAt(commandLine),
    ancestors: lists[ancestors] ?? [],
    tags: lists[tags] ?? [],
    redacted,
  })
  const unpacked = new Map<string, Behaviour>()
  for (const [fingerprint, identity, sightings, samples] of rows)
    unpacked.set(fingerprint, {
      fingerprint,
      identity,
      sightings: new Map(sightings.map(sighting)),
      samples: samples.map(sample),
    })
  return unpacked
}

/** All that tells two sightings of one behaviour in one minute apart. */
function formKey(seen: Seen): string {
  return sightingKey({ ...seen, minute: null })
}

/** Different values in the order in which they came, each with its number. */
class Numbered<T> {
  readonly values: T[] = []
  private readonly numbers = new Map<string | null, number>()

  of(key: string | null, value: T): number {
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    this.numbers.set(key, this.values.length)
    return this.values.push(value) - 1
  }
}
