import { type Answer, type FactBundle, type Query, type Target, keyOf } from '../model/fact.ts'
import { answererOf } from './ask.ts'
import { textOf } from './bytes.ts'
import { contextOf } from './context.ts'
import type { Host } from './host.ts'
import type { CollectOptions } from './options.ts'

type Facts = FactBundle['facts']

/**
 * Asks one host everything, each question once. A question that fails is an answer with its error; the bundle always holds them all.
 * `id` null: the host's own name.
 */
export async function gather(
  host: Host,
  target: Omit<Target, 'id'> & { readonly id: string | null },
  queries: readonly Query[],
  options: CollectOptions,
): Promise<FactBundle> {
  const startedAt = new Date().toISOString()
  const [facts, about] = await Promise.all([answersTo(host, queries, options), aboutOf(host)])
  const id = target.id ?? host.name ?? target.address
  return {
    format: 'runproof-facts/v1',
    target: { ...target, id },
    host: about,
    startedAt,
    endedAt: new Date().toISOString(),
    facts,
  }
}

async function answersTo(host: Host, queries: readonly Query[], options: CollectOptions): Promise<Facts> {
  const answer = answererOf(contextOf(host, options), () => new Date())
  const questions = new Map(queries.map((query) => [keyOf(query), query]))
  const facts: Record<string, Facts[string]> = {}
  // The order of the questions, whichever answer comes first.
  for (const [key, query] of questions) facts[key] = { query, answer: { error: 'not asked' } }
  const waiting = questions.entries()
  const work = async (): Promise<void> => {
    for (const [key, query] of waiting) facts[key] = { query, answer: await answered(answer, query, options.signal) }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.limits.parallel) }, work))
  return facts
}

async function answered(
  answer: (query: Query) => Promise<Answer<unknown>>,
  query: Query,
  signal: AbortSignal | undefined,
): Promise<Answer<unknown>> {
  if (signal?.aborted === true) return { error: 'the run was stopped before this was asked' }
  try {
    return await answer(query)
  } catch (error) {
    // A session that was lost and a collector that breaks must not take the other answers with them.
    return { error: `no answer: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const SMALL = 64 * 1024

async function aboutOf(host: Host): Promise<FactBundle['host']> {
  const read = async (path: string): Promise<string | null> => {
    // A session that was lost has said so in every answer.
    const found = await host.readFile(path, SMALL).catch(() => null)
    return found !== null && 'value' in found ? textOf(found.value).trim() : null
  }
  const [type, release, os] = await Promise.all([
    read('/proc/sys/kernel/ostype'),
    read('/proc/sys/kernel/osrelease'),
    read('/etc/os-release').then((found) => found ?? read('/usr/lib/os-release')),
  ])
  return {
    system: type === null || release === null ? null : `${type} ${release}`,
    distribution: os === null ? null : (/^PRETTY_NAME="?([^"\n]*)"?$/m.exec(os)?.[1] ?? null),
    architecture: host.architecture,
  }
}
