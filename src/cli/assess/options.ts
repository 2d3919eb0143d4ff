import { parseArgs } from 'node:util'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { isInstant } from '../../../core/model/time.ts'
import { parseWindowExpression, type WindowExpression } from '../../../core/model/window-expression.ts'
import { usualThreads } from '../../collect/threads.ts'
import type { Io } from '../command.ts'

export type AssessOptions = {
  readonly bundle: string
  readonly events: readonly string[]
  readonly sensor: string
  readonly from: string | null
  readonly to: string | null
  readonly window: WindowExpression | null
  readonly at: string | null
  readonly previous: string | null
  readonly previousTrust: string | null
  readonly out: string
  readonly data: string | undefined
  readonly threads: number
  readonly unsigned: boolean
  readonly json: boolean
}

/**
 * What was asked for, every mistake named with its fix.
 * @throws RunproofError `usage`
 */
export function assessOptions(argv: readonly string[], io: Io): AssessOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      bundle: { type: 'string' },
      events: { type: 'string', multiple: true },
      sensor: { type: 'string', default: 'auto' },
      from: { type: 'string' },
      to: { type: 'string' },
      window: { type: 'string' },
      at: { type: 'string' },
      previous: { type: 'string' },
      trust: { type: 'string' },
      out: { type: 'string', default: 'out' },
      data: { type: 'string' },
      threads: { type: 'string' },
      unsigned: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const events = [...(values.events ?? []), ...positionals]
  if (!values.bundle) throw new RunproofError('usage', '--bundle DIR is missing: the folder that holds manifest.yaml')
  if (events.length === 0)
    throw new RunproofError('usage', '--events FILE is missing: at least one file of sensor output, or - for standard input')
  if ((values.from === undefined) !== (values.to === undefined)) throw new RunproofError('usage', '--from and --to go together')
  if (values.window !== undefined && values.from !== undefined)
    throw new RunproofError('usage', '--window and --from with --to are two ways to say the same; give one of them')
  if (values.from === undefined && values.window === undefined && events.includes('-'))
    throw new RunproofError('usage', 'events from standard input need --from and --to, or --window: they can be read only once')
  for (const name of ['from', 'to', 'at'] as const) {
    const time = values[name]
    if (time !== undefined && !isInstant(time))
      throw new RunproofError('usage', `--${name} must be a UTC time like 2026-03-02T00:00:00Z, not ${JSON.stringify(time)}`)
  }
  const path = (name: string): string => resolve(io.cwd, name)
  return {
    bundle: path(values.bundle),
    events: events.map((file) => (file === '-' ? file : path(file))),
    sensor: values.sensor,
    from: values.from ?? null,
    to: values.to ?? null,
    window: values.window === undefined ? null : parseWindowExpression(values.window),
    at: values.at ?? null,
    previous: values.previous === undefined ? null : path(values.previous),
    previousTrust: values.trust === undefined ? null : path(values.trust),
    out: path(values.out),
    data: values.data,
    threads: threadsOf(values.threads),
    unsigned: values.unsigned,
    json: values.json,
  }
}

const MOST_THREADS = 16

function threadsOf(asked: string | undefined): number {
  if (asked === undefined) return usualThreads()
  const threads = /^\d{1,2}$/.test(asked) ? Number(asked) : 0
  if (threads < 1 || threads > MOST_THREADS)
    throw new RunproofError('usage', `--threads must be a number from 1 to ${MOST_THREADS}, not ${JSON.stringify(asked)}`)
  return threads
}
