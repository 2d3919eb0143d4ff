import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { goError } from './go-errors.ts'
import { absolute } from './go-path.ts'

const MODULES = '/proc/modules'
const LIMIT = 1024 * 1024

/** One of /proc/sys, dots for slashes; white space around it is taken away. */
export async function askKernelParam({ host }: Context, { name }: QueryOf<'kernel-param'>): Promise<AnswerOf<'kernel-param'>> {
  const path = absolute(`/proc/sys/${name.replaceAll('.', '/')}`, '/')
  const read = await host.readFile(path, LIMIT)
  return 'value' in read ? { value: textOf(read.value).trim() } : { error: 'could not find the given key' }
}

/** Names of the loaded modules, sorted. What is built into the kernel is no module. */
export async function askKernelModules({ host }: Context): Promise<AnswerOf<'kernel-modules'>> {
  const read = await host.readFile(MODULES, LIMIT)
  // A kernel without modules has no such file, and none is loaded.
  if ('errno' in read) return read.errno === 'ENOENT' ? { value: [] } : { error: goError('open', MODULES, read.errno) }
  const lines = textOf(read.value).split('\n')
  return { value: lines.flatMap((line) => line.split(' ', 1).filter((name) => name !== '')).toSorted() }
}
