import { watch, type FSWatcher } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What is told of the files and folders that are watched. */
export type ChangeOptions = {
  readonly paths: readonly string[]
  /** Told once after things have been quiet for `debounceMs`, with some of what changed. */
  readonly onChange: (changed: readonly string[]) => void
  /** Told when there is more than can be watched: what is beyond is not. */
  readonly onProblem: (message: string) => void
  readonly debounceMs?: number
  /** How often everything is looked at, whether the system said something or not. */
  readonly everyMs?: number
  readonly mostEntries?: number
}

export type Changes = {
  /** Resolves when what is there has been seen: later changes are told. */
  readonly ready: Promise<void>
  readonly close: () => void
}

const NAMED = 20
const MOST_WATCHERS = 4096

/**
 * Watches files and folders with all that is in them, also what appears later. What the system tells is only a hint to look at once; what
 * counts is what is found by looking (size, times, owner, mode, which file it is), so that a missed hint costs time and no change.
 * Links are watched as links.
 */
export function watchPaths(options: ChangeOptions): Changes {
  const { paths, debounceMs = 500, everyMs = 10_000, mostEntries = 100_000 } = options
  const hints = new Hints(() => soon())
  let known: ReadonlyMap<string, string> = new Map()
  let changed = new Set<string>()
  let quiet: NodeJS.Timeout | null = null
  let isClosed = false
  let isOver = false
  let looking: Promise<void> = Promise.resolve()

  const look = async (): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>()
    const folders = new Set<string>()
    for (const path of paths) await see(path, found, folders, mostEntries)
    if (found.size >= mostEntries && !isOver)
      options.onProblem(`more than ${mostEntries} files to watch: what is beyond is not watched`)
    isOver = found.size >= mostEntries
    // What is not there yet appears in the folder that would hold it.
    for (const path of paths) if (!found.has(path)) folders.add(await nearest(path))
    hints.keep([...folders].slice(0, MOST_WATCHERS))
    return found
  }

  const compare = async (): Promise<void> => {
    const found = await look()
    if (isClosed) return
    for (const [path, seen] of found) if (known.get(path) !== seen) changed.add(path)
    for (const path of known.keys()) if (!found.has(path)) changed.add(path)
    const before = known
    known = found
    if (changed.size > 0 && !isSame(before, found)) wait()
  }

  const again = (): void => {
    looking = lookAfter(looking)
  }
  async function lookAfter(before: Promise<void>): Promise<void> {
    await before
    if (isClosed) return
    await compare().catch((error: unknown) => options.onProblem(`cannot look at what is watched: ${String(error)}`))
  }
  let hinted: NodeJS.Timeout | null = null
  /** Hints come in swarms: one look is for all of them. */
  function soon(): void {
    hinted ??= setTimeout(() => {
      hinted = null
      again()
    }, 50)
  }
  function wait(): void {
    if (quiet !== null) clearTimeout(quiet)
    quiet = setTimeout(() => {
      quiet = null
      const told = [...changed].slice(0, NAMED)
      changed = new Set()
      if (!isClosed) options.onChange(told)
    }, debounceMs)
  }
  const ready = look().then((found) => void (known = found))
  looking = ready.catch((error: unknown) => options.onProblem(`cannot look at what is watched: ${String(error)}`))
  const every = setInterval(again, everyMs)
  return {
    ready,
    close() {
      isClosed = true
      clearInterval(every)
      if (quiet !== null) clearTimeout(quiet)
      if (hinted !== null) clearTimeout(hinted)
      hints.keep([])
    },
  }
}

async function see(path: string, found: Map<string, string>, folders: Set<string>, most: number): Promise<void> {
  if (found.size >= most) return
  const entry = await lstat(path, { bigint: true }).catch(() => null)
  if (entry === null) return
  const { ino, dev, mode, uid, gid, size, mtimeNs, ctimeNs } = entry
  // The size of a folder and its times say no more than its entries do.
  const seen = entry.isDirectory() ? [ino, dev, mode, uid, gid] : [ino, dev, mode, uid, gid, size, mtimeNs, ctimeNs]
  found.set(path, seen.join(' '))
  folders.add(entry.isDirectory() ? path : dirname(path))
  if (!entry.isDirectory()) return
  const names = await readdir(path).catch((): string[] => [])
  for (const name of names.sort()) await see(join(path, name), found, folders, most)
}

async function nearest(path: string): Promise<string> {
  const folder = dirname(path)
  const entry = await lstat(folder).catch(() => null)
  return entry?.isDirectory() === true || folder === path ? folder : nearest(folder)
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([path, seen]) => other.get(path) === seen)
}

/** One watcher for each folder; a folder that cannot be watched is only looked at. */
class Hints {
  private readonly onHint: () => void
  private readonly watchers = new Map<string, FSWatcher>()

  constructor(onHint: () => void) {
    this.onHint = onHint
  }

  keep(folders: readonly string[]): void {
    const wanted = new Set(folders)
    for (const [folder, watcher] of this.watchers) if (!wanted.has(folder)) this.drop(folder, watcher)
    for (const folder of wanted) if (!this.watchers.has(folder)) this.add(folder)
  }

  private add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.onHint)
      watcher.on('error', () => this.drop(folder, watcher))
      this.watchers.set(folder, watcher)
    } catch {
      // No more watchers on this system, or the folder went away: the regular look is enough.
    }
  }

  private drop(folder: string, watcher: FSWatcher): void {
    watcher.close()
    this.watchers.delete(folder)
  }
}
