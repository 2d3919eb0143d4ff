import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { instantOf, isInstant, type Instant } from '../../../core/model/time.ts'
import { waiverStates, type WaiverState } from '../../declare/waiver-state.ts'
import { readBundle } from '../../lib/io/read-bundle.ts'
import { positional, required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { loadManifest } from '../manifest/load.ts'
import { table } from '../table.ts'

const usage = 'runproof waiver list --bundle DIR [--at TIME] [--json]'
const options = { bundle: { type: 'string' }, at: { type: 'string' }, json: { type: 'boolean' } } as const

/** Every waiver of a bundle and what becomes of it at one moment; default: now. */
export async function list(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  positional(positionals, [], usage)
  const bundle = required(values.bundle, '--bundle', usage)
  const at = evaluationTime(values.at, io)
  const { manifest } = await loadManifest(bundle, io)
  const { waivers } = await readBundle(resolve(io.cwd, bundle))
  const states = await waiverStates(
    waivers.map(({ source, value }) => ({ source, envelope: value })),
    manifest,
    at,
  )

  if (values.json === true) io.out(JSON.stringify({ at, waivers: states }, null, 2))
  else if (states.length === 0) io.out(`no waivers in ${bundle}`)
  else for (const line of table(['state', 'control', 'waiver', 'requested by', 'signed by', 'why'], states.map(row))) io.out(line)
  return EXIT.ok
}

/** `--at`, or now. @throws RunproofError `usage` */
export function evaluationTime(text: string | undefined, io: Io): Instant {
  if (text === undefined) return instantOf(io.now())
  if (isInstant(text)) return text
  throw new RunproofError('usage', `--at takes a UTC time like 2026-03-02T08:33:05Z, not ${JSON.stringify(text)}`)
}

function row({ source, state, why, waiver, signedBy }: WaiverState): readonly string[] {
  return [
    state.replace('_', ' '),
    waiver?.control ?? '',
    waiver?.id ?? source,
    waiver?.requestedBy ?? '',
    signedBy?.name ?? '',
    why,
  ]
}
