import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readStatus, type Status } from '../../collect/forward/status.ts'
import { required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'

const options = { state: { type: 'string' }, json: { type: 'boolean' } } as const

/** What a forwarder last said about itself. */
export async function forwarderStatus(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options })
  const folder = resolve(io.cwd, required(values.state, '--state', 'runproof forward status --state DIR [--json]'))
  const status = readStatus(folder)
  io.out(values.json === true ? JSON.stringify(status) : inWords(status, io.now()).join('\n'))
  return EXIT.ok
}

function inWords({ sensor, stream, position, spool, acknowledged, dropped, error, at }: Status, now: number): readonly string[] {
  const age = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  return [
    `as of ${at} (${age} s ago)`,
    `sensor        ${sensor}, stream ${stream}`,
    `read up to    ${position === null ? 'nothing yet, or a stream' : `${position.file}, byte ${position.offset}`}`,
    `spool         ${spool.batches} batches, ${spool.bytes} of ${spool.limit} bytes${spool.isFull ? '; full' : ''}`,
    `acknowledged  batch ${acknowledged.seq}${acknowledged.at === null ? '' : `, ${acknowledged.at}`}`,
    ...(dropped > 0 ? [`dropped       ${dropped} lines, not told yet`] : []),
    `error         ${error ?? 'none'}`,
  ]
}
