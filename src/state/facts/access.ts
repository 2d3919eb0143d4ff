import type { Answer, FileFact } from '../model/fact.ts'
import { type User, groupIdsOf } from './accounts.ts'
import type { Context } from './context.ts'
import { goError } from './go-errors.ts'
import { foldersAbove } from './go-path.ts'
import type { Stat } from './host.ts'

type Access = { readonly read: boolean; readonly write: boolean; readonly execute: boolean }

/** What each user may do with the file behind `path`, by the mode bits of it and of every folder that leads to it. */
export async function accessOf(
  context: Context,
  path: string,
  names: readonly string[],
): Promise<NonNullable<FileFact['access']>> {
  const way = await wayTo(context, path)
  const { users, groups } = await context.accounts()
  const answers = names.map((name): readonly [string, Answer<Access>] => {
    const user = users.find((each) => each.name === name)
    if (user === undefined) return [name, { error: `user: unknown user ${name}` }]
    return [name, 'error' in way ? way : { value: allowed(way.value, user, groupIdsOf(user, groups)) }]
  })
  return Object.fromEntries(answers)
}

/** Stats of the folders above and, last, of the file itself. */
async function wayTo({ host }: Context, path: string): Promise<Answer<readonly Stat[]>> {
  const real = await host.realpath(path)
  if ('errno' in real) return { error: goError('stat', path, real.errno) }
  const stats: Stat[] = []
  for (const step of [...foldersAbove(real.value), real.value]) {
    const found = await host.stat(step)
    if ('errno' in found) return { error: goError('stat', step, found.errno) }
    stats.push(found.value)
  }
  return { value: stats }
}

function allowed(way: readonly Stat[], user: User, groups: ReadonlySet<number>): Access {
  const bits = way.map((stat) => bitsFor(stat, user, groups))
  const reachable = bits.slice(0, -1).every((each) => (each & 1) !== 0)
  const own = reachable ? (bits.at(-1) ?? 0) : 0
  return { read: (own & 4) !== 0, write: (own & 2) !== 0, execute: (own & 1) !== 0 }
}

/** The superuser reads and writes everything, and executes what anybody may execute. */
function bitsFor({ mode, type, uid, gid }: Stat, user: User, groups: ReadonlySet<number>): number {
  if (user.uid === 0) return 6 | (type === 'directory' || (mode & 0o111) !== 0 ? 1 : 0)
  if (user.uid === uid) return (mode >> 6) & 7
  return groups.has(gid) ? (mode >> 3) & 7 : mode & 7
}
