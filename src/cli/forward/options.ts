import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { durationMs } from '../../../core/model/duration.ts'
import type { ClientOptions } from '../../collect/forward/client.ts'
import type { Io } from '../command.ts'

export const connectionOptions = {
  server: { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'insecure-http': { type: 'boolean' },
} as const

type Values = {
  readonly server?: string | undefined
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly 'insecure-http'?: boolean | undefined
}

/** Sensors that a forwarder can stand beside; `auto`: whatever writes lines that the service recognises. */
export const sensors: readonly string[] = ['falco', 'tetragon', 'tracee', 'kubearmor', 'runproof', 'auto']

/** @throws RunproofError `usage`, `file.unreadable` naming the file */
export function clientOptions(values: Values, server: string, io: Io): ClientOptions {
  if ((values.cert === undefined) !== (values.key === undefined))
    throw new RunproofError('usage', '--cert and --key belong together')
  const file = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : bytesOf(resolve(io.cwd, path)))
  const [ca, cert, key] = [file(values.ca), file(values.cert), file(values.key)]
  return {
    server,
    insecureHttp: values['insecure-http'] === true,
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

/** @throws RunproofError `usage` naming those that can be */
export function sensorNamed(name: string): string {
  if (sensors.includes(name)) return name
  throw new RunproofError('usage', `there is no sensor ${JSON.stringify(name)}; known are ${sensors.join(', ')}`)
}

const units = new Map([
  ['', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
])

/** Bytes of `1GB`, `500MiB`. @throws RunproofError `usage` */
export function bytesNamed(text: string, option: string, least: number): number {
  const [, number = '', unit = ''] = /^(\d{1,12})\s*([kmg]?i?b|)$/i.exec(text) ?? []
  const bytes = Number(number) * (units.get(unit.toLowerCase()) ?? Number.NaN)
  if (number !== '' && Number.isSafeInteger(bytes) && bytes >= least) return bytes
  throw new RunproofError(
    'usage',
    `${option} takes a size like 500MB or 1GB, at least ${least / 1e6}MB, not ${JSON.stringify(text)}`,
  )
}

/** Milliseconds of `30s`. @throws RunproofError `usage` */
export function durationNamed(text: string, option: string): number {
  try {
    const ms = durationMs(text)
    if (ms >= 1000) return ms
  } catch (cause) {
    throw new RunproofError('usage', `${option} takes a duration like 30s or 5m, not ${JSON.stringify(text)}`, { cause })
  }
  throw new RunproofError('usage', `${option} is at least 1s`)
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot read ${path}`, { cause })
  }
}
