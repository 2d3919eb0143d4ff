import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { builtSensor } from '../../guard/probes/ebpf/binary.ts'
import { ebpfProbe } from '../../guard/probes/ebpf/ebpf.ts'
import { probeKinds, type Probe, type ProbeKind } from '../../guard/probes/probe.ts'
import { procfsProbe } from '../../guard/probes/procfs/procfs.ts'
import { tableProbe } from '../../guard/probes/table/table.ts'
import { whyNoTracefs } from '../../guard/probes/tracefs/mount.ts'
import { tracefsProbe } from '../../guard/probes/tracefs/tracefs.ts'
import type { Io } from '../command.ts'

/** A kind of probe that may work here; `why`: why it cannot, null where only trying tells. */
export type Candidate = { readonly kind: ProbeKind; readonly make: () => Probe; readonly why: string | null }

export const sensorOptions = {
  sensor: { type: 'string', default: 'auto' },
  binary: { type: 'string' },
  'binary-sha256': { type: 'string' },
} as const

type Values = {
  readonly sensor?: string | undefined
  readonly binary?: string | undefined
  readonly 'binary-sha256'?: string | undefined
}

/**
 * Best first: `auto` takes the first that works. `emitAll`: every act of a listed process is told, not violations alone.
 * @throws RunproofError `usage` for a word that is none, or a digest that is none
 */
export function candidates({ sensor = 'auto', ...values }: Values, io: Io, emitAll = false): readonly Candidate[] {
  const all = known(values, io, emitAll)
  if (sensor === 'auto') return probeKinds.map((kind) => all[kind]).filter(({ why }) => why === null)
  const kind = probeKinds.find((each) => each === sensor)
  if (kind !== undefined) return [all[kind]]
  throw new RunproofError('usage', `there is no sensor ${JSON.stringify(sensor)}; known are auto, ${probeKinds.join(', ')}`)
}

/** Those better than the first that may work here, each with why it cannot: nobody who asked for the best is to wonder. */
export function passedOver({ sensor = 'auto', ...values }: Values, io: Io): readonly Candidate[] {
  const all = probeKinds.map((kind) => known(values, io, false)[kind])
  return sensor === 'auto'
    ? all.slice(
        0,
        Math.max(
          0,
          all.findIndex(({ why }) => why === null),
        ),
      )
    : []
}

function known(
  { binary: named, 'binary-sha256': pinned }: Values,
  io: Io,
  emitAll: boolean,
): Readonly<Record<ProbeKind, Candidate>> {
  const sha256 = pinned ?? null
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256))
    throw new RunproofError('usage', '--binary-sha256 is 64 lower-case hex digits, as sha256sum prints them')
  const binary = named === undefined ? builtSensor : resolve(io.cwd, named)
  const isLinux = process.platform === 'linux'
  return {
    ebpf: {
      kind: 'ebpf',
      make: () => ebpfProbe({ binary, sha256, emitAll }),
      why: !isLinux ? 'this is not Linux' : existsSync(binary) ? null : `there is no ${binary}: make -C bpf builds it`,
    },
    tracefs: { kind: 'tracefs', make: () => tracefsProbe(), why: whyNoTracefs() },
    procfs: { kind: 'procfs', make: () => procfsProbe(), why: isLinux ? null : 'this is not Linux' },
    table: { kind: 'table', make: () => tableProbe(), why: isLinux ? 'on Linux procfs is read instead' : null },
  }
}
