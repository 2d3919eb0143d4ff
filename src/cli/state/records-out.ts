import type { Suite } from '../../state/model/resource.ts'
import { defaultMaskRules, maskResults } from '../../state/output/mask.ts'
import { failureRecord, recordsOf, STATE_SENSOR } from '../../state/records.ts'
import type { HostRun } from '../../state/run.ts'
import { destinationOf } from '../guard/destination.ts'
import type { Io } from '../command.ts'
import { version } from '../run.ts'
import type { Read } from './options.ts'
import { unreached } from './policy-options.ts'
import { secretsIn } from './report.ts'

/** Where records go, and whose they are. */
export type RecordsAsked = { readonly to: string; readonly sensor: string | undefined; readonly values: Read['values'] }

/**
 * Writes what the runs found as canonical records, with its secrets masked whatever the dialect: evidence is kept. A host that was not
 * reached leaves a fault and no sign of life.
 * @throws RunproofError `file.unwritable`, or what the service refuses
 */
export async function writeRecords(
  runs: readonly HostRun[],
  sources: Suite['sources'],
  asked: RecordsAsked,
  io: Io,
): Promise<void> {
  const sensor = asked.sensor ?? STATE_SENSOR
  const rules = { ...defaultMaskRules, secrets: secretsIn(io.env) }
  const lines = runs.flatMap(({ name, bundle, results, failure }) => {
    if (bundle === null) {
      return [failureRecord({ sensor, target: unreached(name), at: instant(io), why: failure ?? 'no answer' })]
    }
    const { startedAt, endedAt, target } = bundle
    const masked = maskResults(results, rules).results
    return recordsOf({
      sensor,
      target: { ...target, id: name },
      subject: {},
      startedAt,
      endedAt,
      results: masked,
      sources,
      version: version(),
    })
  })
  await sent(lines, asked, runs[0]?.name ?? 'unknown', io)
}

/** A gossfile that cannot be loaded: nobody was asked anything, and coverage must know. */
export async function writeFailure(why: string, name: string, asked: RecordsAsked, io: Io): Promise<void> {
  const target = { ...unreached(name), transport: 'local' as const }
  await sent([failureRecord({ sensor: asked.sensor ?? STATE_SENSOR, target, at: instant(io), why })], asked, name, io)
}

async function sent(lines: readonly string[], { to, values }: RecordsAsked, node: string, io: Io): Promise<void> {
  const destination = await destinationOf(to, { values, node, say: (message) => io.err(message), io })
  try {
    await destination.sink.write(Buffer.from(lines.map((line) => `${line}\n`).join('')))
    await destination.sink.end()
    await destination.finish()
  } finally {
    await destination.close()
  }
}

function instant(io: Io): string {
  return new Date(io.now()).toISOString()
}
