import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Principal } from '../core/model/access.ts'
import type { JsonValue } from '../core/proof/jcs.ts'
import { pemFromSpki } from '../core/proof/keys.ts'
import type { Context } from '../src/actions/action.ts'
import { publishManifest } from '../src/actions/publish-manifest.ts'
import { openKeys } from '../src/keys/keys.ts'
import { readBundle } from '../src/lib/io/read-bundle.ts'
import { openClosing } from '../src/service/judge/judge-thread.ts'
import { createFolder, type BatchOutcome } from '../src/service/fold/folder.ts'
import { schedulesOf } from '../src/service/foundation.ts'
import type { Schedule } from '../src/service/schedule.ts'
import { openEvidence, readEvidence } from '../src/store/evidence/evidence.ts'
import { openSegments } from '../src/store/segments/segments.ts'
import { root, scratch } from './sample.ts'

/** Somebody who may do everything. */
export const anybody = {
  kind: 'person',
  id: 'person:1',
  name: 'Ada',
  grants: [{ role: 'admin', application: '*', environment: '*' }],
} as unknown as Principal

/** The parts of the service, in this process and without its doors: what was received goes in, closed windows come out. */
export async function serviceParts(nowMs: () => number, data = scratch()) {
  const keys = await openKeys({ dataDir: data })
  const segmentFiles = { folder: join(data, 'segments'), key: await keys.segments() }
  const segments = await openSegments({ ...segmentFiles, now: nowMs })
  const writer = openEvidence(join(data, 'evidence.db'))
  const { closing, end } = await openClosing({
    data,
    passphrase: null,
    origin: null,
    version: '0.0.0-test',
    clockShiftMs: nowMs() - Date.now(),
  })
  const reader = readEvidence(join(data, 'evidence.db'))
  const outcomes = new Map<string, BatchOutcome>()
  let schedules: readonly Schedule[] = []
  const shipped = (name: string): JsonValue => JSON.parse(readFileSync(join(root, 'catalogue', name), 'utf8')) as JsonValue
  const context = {
    ...closing,
    principal: anybody,
    now: nowMs,
    shipped: () => ({ gate: shipped('gate/plan.json'), blindSpots: shipped('blind-spots.json') }),
    rescheduled: () => {},
    decided: () => {},
    isVisible: () => true,
  } as unknown as Context

  return {
    data,
    closing,
    context,
    segments,
    outcomes,
    reader,
    async publish(folder: string) {
      const bundle = await readBundle(folder)
      const owner = bundle.ownerKey ?? pemFromSpki((await keys.signer('owner')).spki)
      const published = await publishManifest.run(context, {
        manifest: bundle.manifestText,
        signature: bundle.manifestSignature,
        owner_key: owner,
      })
      schedules = schedulesOf(closing)
      return published
    },
    async receive(sensor: string, body: Uint8Array) {
      const meta = { sensor, source: 'test', scopes: null, receivedMs: nowMs(), encoding: 'identity' as const, batch: null }
      return segments.append({ meta, body })
    },
    async fold() {
      const folder = await createFolder({
        segments: segmentFiles,
        writer,
        reader,
        schedules,
        digestKey: await keys.redaction(),
        latenessMs: 7 * 86_400_000,
        onOutcome: (key, outcome) => outcomes.set(key, outcome),
      })
      await folder.advance(segments.end())
      folder.flush()
    },
    async close() {
      end()
      await segments.close()
      writer.close()
      reader.close()
    },
  }
}
