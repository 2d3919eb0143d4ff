import type { Dialect, ResourceType } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import { compareBytes } from '../template/print.ts'

/** What a format says of the run beside its results. `endedAt`: RFC 3339, the clock of whoever ran it. */
export type RunInfo = {
  readonly dialect: Dialect
  readonly endedAt: string
  /** Members that goss has not; only our own dialect writes them. Null: not known. */
  readonly host: string | null
  readonly runId: string | null
  readonly version: string
  readonly sources: readonly { readonly path: string; readonly sha256: string }[]
}

/** What was written and the exit code that goes with it. */
export type Output = { readonly text: string; readonly exit: number }

/** All results of one resource, in the order of its properties. */
export type Group = readonly [Result, ...Result[]]

export type Tally = { readonly count: number; readonly failed: number; readonly skipped: number; readonly nanos: bigint }

const jsonTypes: Readonly<Record<ResourceType, string>> = {
  addr: 'Addr',
  command: 'Command',
  dns: 'DNS',
  file: 'File',
  group: 'Group',
  http: 'HTTP',
  interface: 'Interface',
  'kernel-param': 'KernelParam',
  matching: 'Matching',
  mount: 'Mount',
  package: 'Package',
  port: 'Port',
  process: 'Process',
  registry: 'Registry',
  service: 'Service',
  user: 'User',
  certificate: 'Certificate',
  'kernel-module': 'KernelModule',
  sshd: 'Sshd',
  crontab: 'Crontab',
}

/** The type as goss spells it in results: `Addr`, `KernelParam`. */
export function typeName({ resource }: Result): string {
  return jsonTypes[resource.type]
}

/** goss knows no error: what could not be judged has failed. */
export function isFailed({ outcome }: Result): boolean {
  return outcome === 'fail' || outcome === 'error'
}

/** Results by resource, in the order given, or as goss sorts them with `-o sort`: by `Type:id`. */
export function groupsOf(results: readonly Result[], isSorted: boolean): readonly Group[] {
  const groups: [Result, ...Result[]][] = []
  for (const result of results) {
    const last = groups.at(-1)
    if (last?.[0].resource === result.resource) last.push(result)
    else groups.push([result])
  }
  return isSorted ? groups.toSorted(byKey) : groups
}

export function byKey([a]: Group, [b]: Group): number {
  return compareBytes(`${typeName(a)}:${a.id}`, `${typeName(b)}:${b.id}`)
}

/** How many there were, and how long it took from the first start to the last end. */
export function tallyOf(results: readonly Result[]): Tally {
  const starts = results.map(({ startedAt }) => nanosOf(startedAt))
  const ends = results.map(({ endedAt }) => nanosOf(endedAt))
  return {
    count: results.length,
    failed: results.filter(isFailed).length,
    skipped: results.filter(({ outcome }) => outcome === 'skip').length,
    nanos: results.length === 0 ? 0n : largest(ends) - smallest(starts),
  }
}

export function durationOf({ startedAt, endedAt }: Result): bigint {
  return nanosOf(endedAt) - nanosOf(startedAt)
}

/** Seconds with three decimals, as `%.3f` writes them. */
export function seconds(nanos: bigint): string {
  return (Number(nanos) / 1e9).toFixed(3)
}

/** Nanoseconds since 1970 of an RFC 3339 instant. */
export function nanosOf(instant: string): bigint {
  const fraction = /\.(\d{1,9})\d*/.exec(instant)?.[1] ?? ''
  const whole = Date.parse(instant.replace(/\.\d+/, ''))
  return BigInt(Number.isNaN(whole) ? 0 : whole) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

export function smallest(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b < a ? b : a))
}

function largest(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b > a ? b : a))
}
