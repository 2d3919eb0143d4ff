import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { instantMs } from '../../core/model/time.ts'
import { open } from '../../core/judge/seal.ts'
import { openObjects } from '../../src/store/objects/objects.ts'
import type { Found } from './account.ts'
import { numberOf } from './senders.ts'
import { applications, type Application } from './world.ts'

/** Counts every behaviour in the newest sealed evidence of every window. */
export function sealedEvents(data: string): Found {
  const objects = openObjects(join(data, 'objects'))
  const found = new Map(applications.map((application) => [application, new Map<number, number>()]))
  for (const { application, evidence } of sealedWindows(data)) {
    const lines = new TextDecoder().decode(objects.get(evidence)).trimEnd().split('\n')
    const counts = found.get(application)
    if (counts === undefined) continue
    for (const { identity, sightings } of open({ lines }).intake.behaviours.values()) {
      const number = numberOf(JSON.stringify(identity.target))
      const count = [...sightings.values()].reduce((sum, sighting) => sum + sighting.count, 0)
      counts.set(number, (counts.get(number) ?? 0) + count)
    }
  }
  return found
}

/** Windows between the first and the last of an application that nobody judged. */
export function holes(data: string): readonly string[] {
  const last = new Map<Application, string>()
  return sealedWindows(data).flatMap(({ application, starts_at, ends_at }) => {
    const expected = last.get(application)
    last.set(application, ends_at)
    if (expected === undefined || expected === starts_at) return []
    return [`${application}: nothing was judged between ${expected} and ${starts_at}`]
  })
}

/** Judged windows whose findings cannot be searched. */
export function notIndexed(data: string): readonly string[] {
  const db = new DatabaseSync(join(data, 'evidence.db'), { readOnly: true })
  try {
    const indexed = db.prepare('SELECT 1 FROM indexed_report WHERE window = ? AND digest = ? AND live = 1')
    const missing = sealedWindows(data).filter(({ id, report }) => indexed.get(id, report) === undefined)
    return missing.map(({ id }) => `the findings of ${id} are not in the search index`)
  } finally {
    db.close()
  }
}

/**
 * Decisions that were acknowledged and are not there once; or are there, and the report that stands for their window is older than they
 * are: it was never judged anew.
 */
export function undecided(data: string, acknowledged: ReadonlySet<string>): readonly string[] {
  const db = new DatabaseSync(join(data, 'ledger.db'), { readOnly: true })
  try {
    const rows = db.prepare('SELECT * FROM decision').all() as unknown as Decided[]
    const standing = db.prepare(
      'SELECT ledger_index FROM report JOIN sealed_window ON sealed_window.report = report.digest WHERE sealed_window.id = ?',
    )
    const counts = Map.groupBy(rows, ({ digest }) => digest)
    return [
      ...[...acknowledged].flatMap((digest) => {
        const times = counts.get(digest)?.length ?? 0
        return times === 1 ? [] : [`the decision ${digest.slice(0, 12)} is there ${times} times`]
      }),
      ...rows.flatMap(({ digest, window_id: window, ledger_index: index }) => {
        const report = window === null ? undefined : standing.get(window)
        if (report === undefined || Number(report['ledger_index']) > index) return []
        return [`${window} was not judged anew after the decision ${digest.slice(0, 12)}`]
      }),
    ]
  } finally {
    db.close()
  }
}

type Decided = { readonly digest: string; readonly window_id: string | null; readonly ledger_index: number }

/** Until when everything of every application is judged; milliseconds since 1970. */
export function judgedUntil(data: string): number {
  const ends = applications.map((application) =>
    sealedWindows(data)
      .filter((window) => window.application === application)
      .reduce((latest, { ends_at }) => Math.max(latest, instantMs(ends_at)), 0),
  )
  return Math.min(...ends)
}

type SealedWindow = {
  readonly id: string
  readonly report: string
  readonly application: Application
  readonly starts_at: string
  readonly ends_at: string
  readonly evidence: string
}

function sealedWindows(data: string): readonly SealedWindow[] {
  const db = new DatabaseSync(join(data, 'ledger.db'), { readOnly: true })
  try {
    return db.prepare('SELECT * FROM sealed_window ORDER BY application, starts_at').all() as unknown as SealedWindow[]
  } finally {
    db.close()
  }
}
