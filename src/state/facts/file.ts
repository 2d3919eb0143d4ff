import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { AnswerOf, Answer, FileFact, QueryOf } from '../model/fact.ts'
import type * as Access from './access.ts'
import { bytesOf } from './bytes.ts'
import type * as Attributes from './file-attributes.ts'
import { goError } from './go-errors.ts'
import { absolute } from './go-path.ts'
import type { Context } from './context.ts'
import type { Outcome, Stat } from './host.ts'

type Ask = QueryOf<'file'>

const load = createRequire(import.meta.url)
const permissions = late(() => load('./access.ts') as typeof Access)
const attributes = late(() => load('./file-attributes.ts') as typeof Attributes)

/**
 * Everything that was asked about one file, by lstat; contents, digests and access are those of what a link leads to. A home folder
 * that cannot be found is an error of every part.
 */
export async function askFile(context: Context, ask: Ask): Promise<AnswerOf<'file'>> {
  const path = await realPathOf(context, ask.path)
  if ('error' in path) return { error: path.error }
  const stat = await context.host.lstat(path.value)
  return { value: { ...(await factsOf(context, path.value, stat)), ...(await extrasOf(context, ask, path.value, stat)) } }
}

/** A leading `~` or `~user` becomes that home folder; then absolute and clean, as Go does it. */
export async function realPathOf(context: Context, path: string): Promise<Answer<string>> {
  if (!path.startsWith('~')) return { value: absolute(path, context.host.cwd) }
  const [first = '', ...rest] = path.split('/')
  const home = await homeOf(context, first.slice(1))
  return 'error' in home ? home : { value: absolute([home.value, ...rest].join('/'), context.host.cwd) }
}

async function homeOf({ host, accounts }: Context, name: string): Promise<Answer<string>> {
  const { users } = await accounts()
  if (name === '') return { value: users.find(({ uid }) => uid === host.uid)?.home ?? host.home }
  const user = users.find((each) => each.name === name)
  return user === undefined ? { error: `user: unknown user ${name}` } : { value: user.home }
}

async function factsOf(context: Context, path: string, found: Outcome<Stat>): Promise<FileFact> {
  if ('errno' in found) {
    const failed = { error: goError('lstat', path, found.errno) }
    const linkTarget = { error: goError('readlink', path, found.errno) }
    const exists = found.errno === 'ENOENT' ? { value: false } : failed
    return { exists, stat: failed, owner: failed, group: failed, linkTarget }
  }
  const stat = found.value
  return {
    exists: { value: true },
    stat: { value: { ...stat, mode: stat.mode.toString(8).padStart(4, '0'), mtime: instantOf(stat.mtime) } },
    owner: await context.userName(stat.uid),
    group: await context.groupName(stat.gid),
    linkTarget: stat.type === 'symlink' ? await linkOf(context, path) : { error: goError('readlink', path, 'EINVAL') },
  }
}

async function linkOf({ host }: Context, path: string): Promise<Answer<string>> {
  const link = await host.readlink(path)
  return 'value' in link ? link : { error: goError('readlink', path, link.errno) }
}

function instantOf(seconds: number | null): string | null {
  if (seconds === null || Math.abs(seconds) > 8.64e12) return null
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`
}

async function extrasOf(context: Context, ask: Ask, path: string, stat: Outcome<Stat>): Promise<Partial<FileFact>> {
  return {
    ...(ask.contents ? { contents: await contentsOf(context, path) } : {}),
    ...(ask.digests.length > 0 ? { digests: await digestsOf(context, ask.digests, path) } : {}),
    ...(ask.access.length > 0 ? { access: await permissions().accessOf(context, path, ask.access) } : {}),
    ...(ask.capabilities ? { capabilities: await attributes().capabilitiesOf(context.host, path, stat) } : {}),
    ...(ask.label ? { label: await attributes().labelOf(context.host, path, stat) } : {}),
  }
}

async function contentsOf({ host, limits }: Context, path: string): Promise<NonNullable<FileFact['contents']>> {
  const read = await host.readFile(path, limits.reading)
  return 'value' in read ? { value: bytesOf(read.value) } : { error: readError(path, read.errno) }
}

async function digestsOf({ host }: Context, algorithms: Ask['digests'], path: string): Promise<NonNullable<FileFact['digests']>> {
  const answers = await Promise.all(
    algorithms.map(async (algorithm) => {
      const digest = await host.digest(path, algorithm)
      return [algorithm, 'value' in digest ? digest : { error: readError(path, digest.errno) }] as const
    }),
  )
  return Object.fromEntries(answers)
}

/** A folder opens and then cannot be read; everything else fails at the opening. */
function readError(path: string, errno: string): string {
  return goError(errno === 'EISDIR' || errno === 'ENOTREGULAR' ? 'read' : 'open', path, errno)
}
