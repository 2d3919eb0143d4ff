import { durationMs } from '../../core/model/duration.ts'
import type { Control, Manifest, RequiredSensor, Workload } from '../../core/model/manifest.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { valueAt } from './explain-issue.ts'
import type { Path } from './problem.ts'

export type Entry<T> = { readonly path: Path; readonly value: T }
export type Approver = NonNullable<Manifest['approvers']>[number]

/** The parts of a manifest that have their right shape: one slip must not hide what else is wrong, nor make sound parts look so. */
export type View = {
  readonly workloads: readonly Entry<Workload>[]
  readonly sensors: readonly Entry<RequiredSensor>[]
  readonly controls: readonly (Entry<Control> & { readonly speaks: boolean })[]
  readonly approvers: readonly Entry<Approver>[]
  /** Names of all sensors, of the malformed entries too: a slip in one must not make every control that names it wrong. */
  readonly sensorNames: ReadonlySet<string>
  /** Every workload has its right shape: only then can it be said that none fits. */
  readonly workloadsComplete: boolean
  /** Null where it is malformed. */
  readonly everyMs: number | null
  readonly offsetMs: number | null
}

/**
 * @param broken paths at which the schema found something
 * @param mistyped those of them where something else than the schema asks for stands: nothing in it is what it seems
 */
export function viewOf(document: JsonValue, broken: readonly Path[], mistyped: readonly Path[]): View {
  const useless = new Set(mistyped.map((path) => JSON.stringify(path)))
  const unsound: Unsound = new Set(broken.flatMap((path) => path.map((_, length) => JSON.stringify(path.slice(0, length + 1)))))
  const entries = <T>(path: Path): Entry<T>[] =>
    items(document, path)
      .map((value, index) => ({ path: [...path, index], value: value as T }))
      .filter(({ path: place }) => !unsound.has(JSON.stringify(place)))
  const workloads = entries<Workload>(['scope', 'workloads'])
  return {
    workloads,
    sensors: entries(['sensors']),
    controls: items(document, ['controls']).flatMap((value, index) => soundControl(value, ['controls', index], unsound, useless)),
    approvers: entries(['approvers']),
    sensorNames: new Set(
      items(document, ['sensors'])
        .flatMap((sensor) => valueAt(sensor, ['name']) ?? [])
        .filter((name) => typeof name === 'string'),
    ),
    workloadsComplete: workloads.length === items(document, ['scope', 'workloads']).length,
    everyMs: durationAt(document, ['window', 'every'], '24h', unsound),
    offsetMs: durationAt(document, ['window', 'offset'], '0m', unsound),
  }
}

/** Every path, as JSON, at or below which something is wrong. */
type Unsound = ReadonlySet<string>

/** Without the fields that are malformed; a control whose id or behaviour is, is left out. */
function soundControl(value: JsonValue, path: Path, unsound: Unsound, useless: Unsound): View['controls'] {
  const essential = ['id', 'behaviour'].every(
    (field) => valueAt(value, [field]) !== undefined && !unsound.has(JSON.stringify([...path, field])),
  )
  const pruned = essential ? prune(value, path, unsound, useless) : undefined
  return pruned === undefined ? [] : [{ path, value: pruned as Control, speaks: speaks(value) }]
}

/** Something is there that it could be violated by, well written or not. */
function speaks(control: JsonValue): boolean {
  const evidence = valueAt(control, ['evidence'])
  const mapped = evidence !== undefined && (typeof evidence !== 'object' || evidence === null || Object.keys(evidence).length > 0)
  return mapped || ['allow', 'deny'].some((field) => valueAt(control, [field]) !== undefined)
}

/** Lists are dropped whole, so that the positions of their entries stay true; undefined where nothing is left. */
function prune(value: JsonValue, path: Path, unsound: Unsound, useless: Unsound): JsonValue | undefined {
  if (!unsound.has(JSON.stringify(path))) return value
  if (useless.has(JSON.stringify(path))) return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const kept = Object.entries(value).flatMap(([key, member]): [string, JsonValue][] => {
    const sound = prune(member, [...path, key], unsound, useless)
    return sound === undefined ? [] : [[key, sound]]
  })
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

function durationAt(document: JsonValue, path: Path, or: string, unsound: Unsound): number | null {
  if (unsound.has(JSON.stringify(path))) return null
  const written = valueAt(document, path)
  return durationMs(typeof written === 'string' ? written : or)
}

function items(document: JsonValue, path: Path): readonly JsonValue[] {
  const value = valueAt(document, path)
  return Array.isArray(value) ? (value as readonly JsonValue[]) : []
}
