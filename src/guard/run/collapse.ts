/** A pattern that stands for what was seen, and how often; `from`: the paths or addresses that it was made of, when it was more than one. */
export type Collapsed = { readonly entry: string; readonly count: number; readonly from: readonly string[] }

/** So many names in one folder are written out one by one. */
const MOST_NAMES = 8
/** Folders that hold what nobody should be allowed wholesale: in these every path is written out. */
const closed = /^\/(etc|root|home|boot|dev|sys|proc)(\/|$)/
/** Parts of a path that are another one each time: process ids, UUIDs, digests, random tails. */
const volatile = [
  [/^\/proc\/(?:\d+|self|thread-self)(?=\/|$)/, '/proc/*'],
  [/(?<=\/task\/)\d+(?=\/|$)/g, '*'],
  [/(?<=\/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=[/.]|$)/g, '*'],
  [/(?<=[/.\-_])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?=[/.\-_]|$)/g, '*'],
  [/(?<=\/)\d+(?=\/|$)/g, '*'],
  [/(?<=\/tmp\.)[A-Za-z0-9]{6,}(?=\/|$)/g, '*'],
] as const

/**
 * Paths as the fewest patterns that say the same sensibly: parts that change each time become `*`, a folder of which many files were
 * used becomes `folder/*`. Never a folder at the root, never one in which secrets lie. Sorted.
 */
export function collapsePaths(counts: ReadonlyMap<string, number>): readonly Collapsed[] {
  const named = grouped([...counts].map(([path, count]) => ({ entry: general(path), count, from: [path] })))
  const folders = Map.groupBy(named, ({ entry }) => folderOf(entry))
  return [...folders]
    .flatMap(([folder, entries]) =>
      mayCollapse(folder) && entries.length > MOST_NAMES ? [together(`${folder}/*`, entries)] : entries,
    )
    .sort(byEntry)
}

/** Destinations, `address:port` → count, as the fewest entries: many of one network at one port become that network. */
export function collapseDestinations(counts: ReadonlyMap<string, number>): readonly Collapsed[] {
  const each = [...counts].map(([entry, count]) => ({ entry, count, from: [entry] }))
  const networks = Map.groupBy(each, ({ entry }) => networkOf(entry))
  return [...networks]
    .flatMap(([network, entries]) => (network !== null && entries.length > MOST_NAMES ? [together(network, entries)] : entries))
    .sort(byEntry)
}

/** What a pattern language would read as something else is escaped. */
function general(path: string): string {
  let text = path.replaceAll(/[*?[\]{}\\]/g, '?')
  for (const [pattern, by] of volatile) text = text.replace(pattern, by)
  return text
}

function grouped(entries: readonly Collapsed[]): readonly Collapsed[] {
  return [...Map.groupBy(entries, ({ entry }) => entry)].map(([entry, same]) => together(entry, same))
}

function together(entry: string, parts: readonly Collapsed[]): Collapsed {
  return { entry, count: parts.reduce((sum, { count }) => sum + count, 0), from: parts.flatMap(({ from }) => from).sort() }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function mayCollapse(folder: string): boolean {
  return folder.lastIndexOf('/') > 0 && !closed.test(folder)
}

/** IPv4 alone: what belongs together in IPv6 nobody can see from an address. */
function networkOf(destination: string): string | null {
  const [, network, port] = /^(\d+\.\d+\.\d+)\.\d+:(\d+)$/.exec(destination) ?? []
  return network === undefined ? null : `${network}.0/24:${port}`
}

function byEntry(a: Collapsed, b: Collapsed): number {
  return a.entry < b.entry ? -1 : a.entry > b.entry ? 1 : 0
}
