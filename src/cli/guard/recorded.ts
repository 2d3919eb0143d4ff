import { isAbsolute, join } from 'node:path'
import type { Act } from '../../../core/model/act.ts'
import { openEvents } from '../../collect/open.ts'
import type { Attempt, Mechanism, Sighting } from '../../guard/model.ts'
import { fileNameOf } from '../../guard/probes/names.ts'
import type { Beside } from '../../guard/guard.ts'
import { createEventReader } from '../../sensors/read/event-reader.ts'
import { connectors } from '../../sensors/registry.ts'
import type { Io } from '../command.ts'

/** What was recorded, as a guard would have seen it. */
export type Recorded = { readonly sighting: Sighting; readonly beside: Beside }
/** What reading made of the events: `others` say nothing that a policy could speak of. */
export type ReadCounts = { events: number; sightings: number; others: number; malformed: number; undated: number }

/** Reads recorded events of any sensor. */
export async function readRecorded(
  files: readonly string[],
  sensor: string,
  io: Io,
  take: (recorded: Recorded) => void,
): Promise<ReadCounts> {
  const counts: ReadCounts = { events: 0, sightings: 0, others: 0, malformed: 0, undated: 0 }
  for (const file of files) {
    const reader = createEventReader({
      sensor,
      connectors,
      onEvent({ reading }) {
        counts.events += 1
        if (reading.class === 'malformed') counts.malformed += 1
        const act = (reading.class === 'detection' || reading.class === 'observation') && reading.act
        const recorded = act ? recordedOf(act) : null
        if (recorded === null) {
          counts.others += reading.class === 'malformed' ? 0 : 1
          return
        }
        if (act && act.at === null) counts.undated += 1
        counts.sightings += 1
        take(recorded)
      },
    })
    const path = file === '-' || isAbsolute(file) ? file : join(io.cwd, file)
    for await (const portion of openEvents(path, { stdin: io.stdin })) reader.push(portion)
    reader.end()
  }
  return counts
}

/** Null for an act that no policy speaks of: a state, a listening socket, something without its target. */
export function recordedOf(act: Act): Recorded | null {
  const attempt = attemptOf(act)
  const name = actorName(act)
  if (attempt === null || name === null) return null
  const { subject, effect } = act
  return {
    sighting: {
      at: act.at ?? '1970-01-01T00:00:01.000000000Z',
      sequence: null,
      actor: { name, pid: subject.pid ?? 0, parent: null, uid: subject.uid, executable: subject.executable, cgroup: null },
      attempt,
      effect,
      mechanism: mechanismOf(act),
    },
    beside: { ancestors: subject.ancestors },
  }
}

function attemptOf({ action, target, access }: Act): Attempt | null {
  if (target === null) return null
  if (action === 'exec' && (target.type === 'binary' || target.type === 'path')) return { type: 'exec', path: target.path }
  if (target.type === 'path' || target.type === 'binary')
    return action === 'open'
      ? { type: 'file', path: target.path, access: access === null ? null : access === 'read' ? 'read' : 'write' }
      : null
  if (target.type === 'syscall') return { type: 'syscall', name: target.name }
  if (target.type !== 'address' || target.direction !== 'out' || target.address === null) return null
  const protocol = target.protocol === 'tcp' || target.protocol === 'udp' ? target.protocol : null
  return { type: 'network', address: target.address, port: target.port ?? 0, protocol }
}

/** Guard writes whose entry it was. Of another sensor's exec the executable is what was run: who acted is its parent. */
function actorName({ tags, action, subject }: Act): string | null {
  const own = tags.find((tag) => tag.startsWith('process:'))?.slice('process:'.length)
  const acting = action === 'exec' ? (subject.ancestors[0] ?? null) : subject.executable
  return own ?? (acting === null ? null : fileNameOf(acting))
}

const mechanisms: readonly Mechanism[] = ['bpf_lsm', 'cgroup', 'sigkill', 'tracepoint', 'tracefs', 'procfs', 'table']

function mechanismOf({ tags }: Act): Mechanism {
  const named = tags.find((tag) => tag.startsWith('mechanism:'))?.slice('mechanism:'.length)
  return mechanisms.find((mechanism) => mechanism === named) ?? 'none'
}
