import { READING_LIMIT } from '../../state/facts/options.ts'
import type { FactBundle, Query } from '../../state/model/fact.ts'
import type { Dialect } from '../../state/model/resource.ts'
import type { TargetSpec } from '../../state/targets/address.ts'
import type { Io } from '../command.ts'
import { count, list, text, words, type Read } from './options.ts'

/** Options that say which hosts are asked, and how. */
export const hostOptions = {
  target: { type: 'string', multiple: true },
  targets: { type: 'string', multiple: true },
  inventory: { type: 'string', multiple: true },
  sudo: { type: 'boolean' },
  parallel: { type: 'string' },
  facts: { type: 'string' },
  from: { type: 'string', multiple: true },
} as const

/** What one host answered; `failure`: why there is no answer. */
export type Collected = { readonly name: string; readonly bundle: FactBundle | null; readonly failure: string | null }

export type Hosts = {
  /** Whether more than one is asked. */
  readonly isMany: boolean
  readonly collect: (queries: readonly Query[]) => Promise<readonly Collected[]>
}

/** How this machine, or each of the others, is asked. `parallel`: questions at once. */
export type How = { readonly dialect: Dialect; readonly parallel: number; readonly signal?: AbortSignal }

const HOSTS_AT_ONCE = '50'

/** The hosts that the command line names; this machine where it names none. @throws RunproofError `usage` */
export async function hostsOf(values: Read['values'], how: How, io: Io): Promise<Hosts> {
  const kept = list(values['from']) ?? []
  if (kept.length > 0) {
    const { bundleIn } = await import('./bundles.ts')
    const bundles = kept.map((file) => bundleIn(file, io.cwd))
    return {
      isMany: bundles.length > 1,
      collect: async () => named(bundles.map((bundle) => ({ where: bundle.target.address, bundle }))),
    }
  }
  const targets = await targetsOf(values, io)
  const facts = text(values['facts'])
  const collect: Asking =
    targets.length === 0
      ? locally(how)
      : remotely(targets, count(text(values['parallel']) ?? HOSTS_AT_ONCE, '--parallel'), how, io)
  return {
    isMany: targets.length > 1,
    async collect(queries) {
      const collected = how.signal === undefined ? await interruptible(queries, collect) : await collect(queries, how.signal)
      if (facts !== undefined) (await import('./bundles.ts')).keepBundles(collected, facts, targets.length > 1, io.cwd)
      return collected
    },
  }
}

type Asking = (queries: readonly Query[], signal?: AbortSignal) => Promise<readonly Collected[]>

/** Ctrl-C ends what was started here before it ends us; where somebody else listens for it, it is theirs to say what then. */
async function interruptible(queries: readonly Query[], collect: Asking): Promise<readonly Collected[]> {
  if (signals.some((signal) => process.listenerCount(signal) > 0)) return collect(queries)
  const stop = new AbortController()
  let by: NodeJS.Signals | null = null
  const onSignal = (signal: NodeJS.Signals): void => {
    by = signal
    stop.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  try {
    return await collect(queries, stop.signal)
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
    // As if nobody had listened.
    if (by !== null) process.kill(process.pid, by)
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function locally({ dialect, parallel }: How): Asking {
  return async (queries, signal) => {
    const { collectLocal } = await import('../../state/facts/local.ts')
    const options = { dialect, limits: { reading: READING_LIMIT, parallel }, ...(signal === undefined ? {} : { signal }) }
    const bundle = await collectLocal(queries, options)
    return [{ name: bundle.target.id, bundle, failure: null }]
  }
}

function remotely(targets: readonly TargetSpec[], parallel: number, { dialect }: How, io: Io): Asking {
  return async (queries, signal) => {
    const [{ collectAll }, { createProgress }] = await Promise.all([
      import('../../state/targets/collect.ts'),
      import('../progress.ts'),
    ])
    const progress = createProgress(io)
    const collected = await collectAll(targets, queries, {
      dialect,
      parallel,
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ target, state, done, failed, total }) =>
        progress.update(
          `${done + failed} of ${total} hosts${failed === 0 ? '' : `, ${failed} not reached`}: ${target.text} ${state}`,
        ),
    })
    progress.done()
    return named(
      collected.map((one) => {
        const where = one.target.id ?? one.target.text
        return 'bundle' in one ? { where, bundle: one.bundle } : { where, bundle: null, failure: one.reason }
      }),
    )
  }
}

async function targetsOf(values: Read['values'], io: Io): Promise<readonly TargetSpec[]> {
  const written = [...(list(values['target']) ?? []), ...words(values['targets'], undefined)]
  const files = list(values['inventory']) ?? []
  const sudo = values['sudo'] === true
  if (written.length === 0 && files.length === 0 && !sudo) return []
  const [{ parseTarget }, { inventoryIn }] = await Promise.all([import('../../state/targets/address.ts'), import('./bundles.ts')])
  const listed = files.flatMap((file) => inventoryIn(file, io.cwd))
  const named = (written.length === 0 && files.length === 0 ? ['local'] : written).map((one) => parseTarget(one))
  return [...named, ...listed].map((target) => (sudo ? { ...target, sudo } : target))
}

type Unnamed = { readonly where: string; readonly bundle: FactBundle | null; readonly failure?: string }

/** Hosts by their own names; where two have the same one, with how they were named here, or with a number. */
function named(collected: readonly Unnamed[]): readonly Collected[] {
  const own = collected.map(({ where, bundle }) => bundle?.target.id ?? where)
  const told = own.map((name, at) => {
    const where = collected[at]?.where ?? name
    return own.filter((other) => other === name).length > 1 && where !== name ? `${name} (${where})` : name
  })
  return collected.map(({ bundle, failure = null }, at) => {
    const name = told[at] ?? ''
    const before = told.slice(0, at).filter((other) => other === name).length
    return { name: before === 0 ? name : `${name} #${before + 1}`, bundle, failure }
  })
}
