/** One sample of Prometheus' text format; the value as it was written, because counters of nanoseconds are beyond a double. */
export type Sample = { readonly labels: ReadonlyMap<string, string>; readonly value: string }
export type Samples = ReadonlyMap<string, readonly Sample[]>

const MAX_SAMPLES = 10_000
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const labelForm = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/gy

/** The samples whose name `wanted` names, in text format 0.0.4; lines that are none are passed over. */
export function parseSamples(text: string, wanted: (name: string) => boolean): Samples {
  const found = new Map<string, Sample[]>()
  let count = 0
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : sampleForm.exec(line.trim())
    const [, name = '', labels = '', value = ''] = match ?? []
    if (match === null || !wanted(name) || count++ >= MAX_SAMPLES) continue
    const sample = { labels: labelsOf(labels), value }
    const known = found.get(name)
    if (known) known.push(sample)
    else found.set(name, [sample])
  }
  return found
}

function labelsOf(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(labelForm))
    labels.set(
      name,
      value.replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    )
  return labels
}

/** The sum of a counter's samples as a whole number; null when there are none, or one is no such number. */
export function sumOf(samples: Samples, ...names: readonly string[]): number | null {
  const values = names.flatMap((name) => samples.get(name) ?? []).map(({ value }) => Number(value))
  if (values.length === 0) return null
  const sum = values.reduce((total, value) => total + value, 0)
  return Number.isSafeInteger(sum) && sum >= 0 ? sum : null
}

/** A label of a metric's first sample. */
export function labelOf(samples: Samples, name: string, label: string): string | null {
  return samples.get(name)?.[0]?.labels.get(label) ?? null
}

/** The value of a metric's first sample, as written. */
export function valueOf(samples: Samples, name: string): string | null {
  return samples.get(name)?.[0]?.value ?? null
}
