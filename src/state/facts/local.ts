import { availableParallelism } from 'node:os'
import type { FactBundle, Query } from '../model/fact.ts'
import { gather } from './gather.ts'
import { localHost } from './local-host.ts'
import { type CollectOptions, READING_LIMIT } from './options.ts'

/** Every fact of this machine that is asked for, each question once. Nothing throws: what could not be found out is an answer's error. */
export async function collectLocal(
  queries: readonly Query[],
  { id = null, ...options }: Partial<CollectOptions> & { readonly id?: string | null } = {},
): Promise<FactBundle> {
  const complete = completeOptions(options)
  const { host, close } = localHost(complete)
  try {
    return await gather(host, { id, transport: 'local', address: 'local' }, queries, complete)
  } finally {
    close()
  }
}

/** goss asks as many things at once: five for every processor, at most fifty. */
export function completeOptions(
  options: Partial<CollectOptions>,
  parallel = Math.min(5 * availableParallelism(), 50),
): CollectOptions {
  return { dialect: 'runproof', limits: { reading: READING_LIMIT, parallel }, ...options }
}
