import type { Answer, AnswerOf, QueryOf } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { goError } from './go-errors.ts'

/** Debian and Red Hat, in this order; Alpine's is in /etc/crontabs. */
const SPOOLS = ['/var/spool/cron/crontabs', '/var/spool/cron', '/etc/crontabs'] as const

/** Lines without comments. A user's own table, or the system's: /etc/crontab and /etc/cron.d. No table is no line. */
export async function askCrontab(context: Context, { user }: QueryOf<'crontab'>): Promise<AnswerOf<'crontab'>> {
  if (user === null) return systemCrontab(context)
  if (!/^[^/\0]+$/.test(user) || user === '.' || user === '..') return { error: `crontab: ${user} is no user name` }
  for (const spool of SPOOLS) {
    const lines = await linesOf(context, `${spool}/${user}`)
    if (lines === null) continue
    return lines
  }
  return { value: [] }
}

async function systemCrontab(context: Context): Promise<AnswerOf<'crontab'>> {
  const folder = await context.host.list('/etc/cron.d')
  if ('errno' in folder && folder.errno !== 'ENOENT') return { error: goError('open', '/etc/cron.d', folder.errno) }
  const names = 'value' in folder ? folder.value : []
  // cron itself passes over names with a dot: what a package manager left behind.
  const paths = ['/etc/crontab', ...names.filter((name) => /^[A-Za-z0-9_-]+$/.test(name)).map((name) => `/etc/cron.d/${name}`)]
  const all: string[] = []
  for (const path of paths) {
    const lines = await linesOf(context, path)
    if (lines !== null && 'error' in lines) return lines
    all.push(...(lines?.value ?? []))
  }
  return { value: all }
}

/** Null: there is no such table. */
async function linesOf({ host, limits }: Context, path: string): Promise<Answer<readonly string[]> | null> {
  const read = await host.readFile(path, limits.reading)
  if ('errno' in read)
    return read.errno === 'ENOENT' || read.errno === 'ENOTDIR' ? null : { error: goError('open', path, read.errno) }
  const lines = textOf(read.value).split('\n')
  return { value: lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')) }
}
