import type { Answer } from '../model/fact.ts'
import { type Group, type User, groupsOf, usersOf } from './accounts.ts'
import { textOf } from './bytes.ts'
import { errnoText, goError } from './go-errors.ts'
import type { Host } from './host.ts'
import type { CollectOptions } from './options.ts'

/** What the collectors of one host and run share, so that nothing is read twice. */
export type Context = {
  readonly host: Host
  readonly limits: CollectOptions['limits']
  readonly dialect: CollectOptions['dialect']
  readonly accounts: () => Promise<{ readonly users: readonly User[]; readonly groups: readonly Group[] }>
  /** The raw rows of /etc/passwd and /etc/group. */
  readonly rows: (path: string) => Promise<Answer<string>>
  /** By passwd, then `getent`. */
  readonly userName: (uid: number) => Promise<Answer<string>>
  readonly groupName: (gid: number) => Promise<Answer<string>>
}

export function contextOf(host: Host, { limits, dialect }: CollectOptions): Context {
  const rows = memoised((path: string) => rowsIn(host, path, limits.reading))
  const accounts = memoised(async () => {
    const [passwd, group] = await Promise.all([rows('/etc/passwd'), rows('/etc/group')])
    return {
      users: 'value' in passwd ? usersOf(passwd.value) : [],
      groups: 'value' in group ? groupsOf(group.value) : [],
    }
  })
  const userName = memoised(async (uid: number): Promise<Answer<string>> => {
    const user = (await accounts(undefined)).users.find((each) => each.uid === uid)
    return user === undefined ? nameByGetent(host, 'passwd', uid) : { value: user.name }
  })
  const groupName = memoised(async (gid: number): Promise<Answer<string>> => {
    const group = (await accounts(undefined)).groups.find((each) => each.gid === gid)
    return group === undefined ? nameByGetent(host, 'group', gid) : { value: group.name }
  })
  return { host, limits, dialect, accounts: () => accounts(undefined), rows, userName, groupName }
}

async function rowsIn(host: Host, path: string, limit: number): Promise<Answer<string>> {
  const read = await host.readFile(path, limit)
  if ('errno' in read) return { error: goError('open', path, read.errno) }
  return read.value.cut ? { error: `read ${path}: more than ${limit} bytes` } : { value: textOf(read.value) }
}

async function nameByGetent(host: Host, database: 'passwd' | 'group', id: number): Promise<Answer<string>> {
  const run = await host.run(['getent', database, String(id)])
  if (run.kind === 'exited' && run.status === 0) return { value: textOf(run.stdout).split(':')[0] ?? '' }
  // goss says passwd in both.
  return { error: `Error: no matching entries in passwd file. getent ${database}: ${goExit('getent', run)}` }
}

function goExit(program: string, run: Awaited<ReturnType<Host['run']>>): string {
  if (run.kind === 'missing') return `exec: "${program}": executable file not found in $PATH`
  if (run.kind === 'exited') return run.status < 0 ? 'signal: killed' : `exit status ${run.status}`
  return run.kind === 'timeout' ? errnoText('ETIMEDOUT') : run.message
}

/** One call per argument, however many ask. */
export function memoised<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const known = new Map<A, R>()
  return (argument) => {
    const found = known.get(argument)
    if (found !== undefined) return found
    const made = compute(argument)
    known.set(argument, made)
    return made
  }
}
