/** Everything about one generated event that is not the shape of its sensor. */
export type Moment = {
  /** From 0: the event's place in the stream. */
  readonly index: number
  /** From 0: which behaviour it repeats. Another number is another behaviour. */
  readonly behaviour: number
  /** Milliseconds since 1970, and the nanoseconds below them. */
  readonly ms: number
  readonly nanos: number
  /** A number that looks random: process ids, ports. */
  readonly noise: number
}

const hexDigits = '0123456789abcdef'

/** RFC 3339 with nine digits. */
export function timeText({ ms, nanos }: Moment): string {
  return `${new Date(ms).toISOString().slice(0, 23)}${String(nanos).padStart(6, '0')}Z`
}

/** Nanoseconds since 1970 as JSON prints them, beyond what a double holds. */
export function nanosText({ ms, nanos }: Moment): string {
  return `${ms}${String(nanos).padStart(6, '0')}`
}

/** That many hex digits, the same for the same seed. */
export function hexText(seed: number, digits: number): string {
  let text = ''
  let state = (seed + 1) >>> 0
  for (let at = 0; at < digits; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += hexDigits[state >>> 28]
  }
  return text
}

/** The pods of the generated cluster: five workloads with four pods each on four nodes. */
export type Pod = {
  readonly node: string
  readonly workload: string
  readonly name: string
  readonly container: string
  readonly image: string
  readonly digest: string
}

const workloads = ['payments-api', 'payments-worker', 'ledger', 'settlement', 'gateway'] as const

export const pods: readonly Pod[] = Array.from({ length: 20 }, (_, index) => {
  const workload = workloads[index % workloads.length] ?? 'ledger'
  return {
    node: `gke-prod-pool-1-9144db50-node${index % 4}`,
    workload,
    name: `${workload}-6d5f7c9b84-${hexText(index, 5)}`,
    container: hexText(index + 100, 64),
    image: `registry.example/payments/${workload}`,
    digest: hexText(index + 200, 64),
  }
})

/** The pod that a behaviour belongs to: an act of another pod of the same workload is the same behaviour. */
export function podOf({ behaviour, noise }: Moment): Pod {
  const index = (behaviour % workloads.length) + workloads.length * (noise % 4)
  return pods[index] ?? (pods[0] as Pod)
}

const binaries = ['/usr/bin/node', '/usr/bin/cat', '/usr/local/bin/python3.12', '/bin/busybox', '/usr/bin/curl'] as const

/** Who does it; one of a few programs, as in real clusters. */
export function binaryOf({ behaviour }: Moment): string {
  return binaries[Math.floor(behaviour / 5) % binaries.length] ?? binaries[0]
}

/** What it is done to: every behaviour has a file of its own. */
export function fileOf({ behaviour }: Moment): string {
  return `/srv/data/region-${behaviour % 7}/customers/batch-${behaviour}/records.db`
}
