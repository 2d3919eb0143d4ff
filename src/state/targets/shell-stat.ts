import { textOf } from '../facts/bytes.ts'
import type { Outcome, Stat } from '../facts/host.ts'
import type { FileType } from '../model/fact.ts'
import { quotedAll } from '../facts/shell-word.ts'
import type { Session } from './session.ts'
import { impossiblePath } from './shell-host.ts'

type Waiting = {
  readonly path: string
  readonly resolve: (found: Outcome<Stat>) => void
  readonly reject: (error: unknown) => void
}
type StatReader = (path: string, follow: boolean) => Promise<Outcome<Stat>>

/** Paths that one `stat` is given: far below any limit of a command line. */
const BATCH = 100
const LIMIT = 1024 * 1024
const BUDGET_MS = 30_000

/** What is asked in one turn of the event loop goes to the host as one question. */
export function statReader(session: Session): StatReader {
  const queues: Record<'plain' | 'follow', Waiting[]> = { plain: [], follow: [] }
  const flush = (kind: 'plain' | 'follow'): void => {
    const all = queues[kind].splice(0)
    for (let at = 0; at < all.length; at += BATCH) void askAll(session, all.slice(at, at + BATCH), kind === 'follow')
  }
  return (path, follow) => {
    const impossible = impossiblePath(path)
    if (impossible !== null) return Promise.resolve({ errno: impossible })
    const kind = follow ? 'follow' : 'plain'
    return new Promise((resolve, reject) => {
      queues[kind].push({ path, resolve, reject })
      if (queues[kind].length === 1) setImmediate(flush, kind)
    })
  }
}

async function askAll(session: Session, batch: readonly Waiting[], follow: boolean): Promise<void> {
  try {
    const answers = await ask(
      session,
      batch.map(({ path }) => path),
      follow,
    )
    for (const [index, waiting] of batch.entries()) waiting.resolve(answers[index] ?? { errno: 'EIO' })
  } catch (error) {
    for (const waiting of batch) waiting.reject(error)
  }
}

async function ask(session: Session, paths: readonly string[], follow: boolean): Promise<readonly Outcome<Stat>[]> {
  const script = `rp_stats ${follow ? 1 : 0} ${quotedAll(paths)}`
  const [words = '', ...lines] = textOf((await session.ask({ script, limit: LIMIT, budgetMs: BUDGET_MS })).stdout).split('\n')
  const codes = words.trim().split(' ')
  const stats = lines.filter((line) => line !== '').map(statOf)
  // One went away between the look and the call: nobody can tell which, so each is asked for itself.
  if (stats.length !== codes.filter((code) => code === 'OK').length) return alone(session, paths, follow)
  let next = 0
  return codes.map((code) => (code === 'OK' ? (stats[next++] ?? { errno: 'EIO' }) : { errno: code }))
}

async function alone(session: Session, paths: readonly string[], follow: boolean): Promise<readonly Outcome<Stat>[]> {
  if (paths.length <= 1) return [{ errno: 'ENOENT' }]
  return Promise.all(paths.map(async (path) => (await ask(session, [path], follow))[0] ?? { errno: 'EIO' }))
}

/** `%f %u %g %s %Y` of stat, or a line of `ls -ldn`. */
export function statOf(line: string): Outcome<Stat> {
  const [, raw = '', uid, gid, size, mtime] = /^([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+)$/.exec(line) ?? []
  if (raw === '') return listedOf(line)
  const mode = Number.parseInt(raw, 16)
  const type = TYPES.get(mode >> 12) ?? 'file'
  return { value: { mode: mode & 0o7777, type, uid: Number(uid), gid: Number(gid), size: Number(size), mtime: Number(mtime) } }
}

const TYPES = new Map<number, FileType>([
  [0o01, 'pipe'],
  [0o02, 'character-device'],
  [0o04, 'directory'],
  [0o06, 'block-device'],
  [0o10, 'file'],
  [0o12, 'symlink'],
  [0o14, 'socket'],
])

const LETTERS = new Map<string, FileType>([
  ['p', 'pipe'],
  ['c', 'character-device'],
  ['d', 'directory'],
  ['b', 'block-device'],
  ['-', 'file'],
  ['l', 'symlink'],
  ['s', 'socket'],
])

/** `drwxr-sr-x 2 0 0 4096 …`. Devices have two numbers for a size; when it was changed is not told in one form everywhere. */
function listedOf(line: string): Outcome<Stat> {
  const [, letter = '', bits = '', uid, gid, first = '', size] =
    /^([pcdbl\-s])([rwxsStT-]{9})\S*\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)(?:,\s*\d+)?(?=\s)/.exec(line) ?? []
  const type = LETTERS.get(letter)
  if (type === undefined) return { errno: 'EIO' }
  const isDevice = type === 'character-device' || type === 'block-device'
  return {
    value: {
      mode: modeOf(bits),
      type,
      uid: Number(uid),
      gid: Number(gid),
      size: isDevice ? 0 : Number(size ?? first),
      mtime: null,
    },
  }
}

function modeOf(bits: string): number {
  const plain = bits.split('').reduce((mode, bit) => mode * 2 + (/[rwxst]/.test(bit) ? 1 : 0), 0)
  const special = (at: number, value: number): number => (/[sStT]/.test(bits.charAt(at)) ? value : 0)
  return plain | special(2, 0o4000) | special(5, 0o2000) | special(8, 0o1000)
}
