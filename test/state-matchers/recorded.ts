import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodable } from '../../src/state/load/format.ts'
import { judge } from '../../src/state/match/judge.ts'
import type { Actual } from '../../src/state/model/actual.ts'
import type { Resource, ResourceType } from '../../src/state/model/resource.ts'
import type { Result } from '../../src/state/model/result.ts'
import { isGoMap, type GoMap, type GoValue } from '../../src/state/model/value.ts'
import { printV } from '../../src/state/template/print.ts'

/** Recorded answers of the real goss, beside this repository. */
export const corpus = new URL('../../../shared/corpus/state/', import.meta.url)

export const skipWithoutCorpus = existsSync(corpus) ? false : 'the recorded answers of goss are not beside this repository'

/** One result as it was recorded; `varies`: goss itself answers differently from run to run. */
export type Recorded = {
  readonly type: string
  readonly id: string
  readonly property: string
  readonly result: 0 | 1 | 2
  readonly err: string | null
  readonly matcher: Readonly<Record<string, unknown>> | null
  readonly summary: string | null
  readonly varies?: boolean
}

export type Answer = {
  readonly exit: number
  readonly json?: { readonly results: readonly Recorded[] }
  readonly stdout?: string
}

/** Ids of the cases of a group. */
export function casesOf(group: string): readonly string[] {
  return readdirSync(new URL(`${group}/`, corpus)).toSorted()
}

/** What goss 0.4.10 answered. */
export function answerOf(path: string): Answer {
  const recorded = JSON.parse(readFileSync(new URL(path, corpus), 'utf8')) as readonly {
    readonly versions: readonly string[]
    readonly answer: Answer
  }[]
  const found = recorded.find(({ versions }) => versions.includes('0.4.10'))
  if (found === undefined) throw new Error(`${path} holds no answer of 0.4.10`)
  return found.answer
}

/** The resources of one type in a gossfile of the corpus, by key, in their order. */
export function resourcesOf(path: string, type: ResourceType): readonly Resource[] {
  const { root, decoder } = decodable(readFileSync(new URL(path, corpus), 'utf8'), 'yaml', path)
  const file = root === null ? null : decoder.any(root)
  const section = isGoMap(file) ? file.get(type) : null
  return isGoMap(section ?? null) ? [...(section as GoMap)].map(([key, value]) => resourceOf(type, key, value as GoMap)) : []
}

function resourceOf(type: ResourceType, key: string, attributes: GoMap): Resource {
  const meta = attributes.get('meta') ?? null
  return {
    type,
    key,
    attributes,
    title: printV(attributes.get('title') ?? ''),
    meta: isGoMap(meta) ? meta : null,
    skip: attributes.get('skip') === true,
    place: { file: 'goss.yaml', row: null, column: null },
  }
}

export const instant = '2026-01-01T00:00:00Z'

/** One property judged, or skipped where `actual` is null. */
export function judged(
  resource: Resource,
  property: string,
  expected: GoValue,
  actual: Actual | null,
  id = resource.key,
): Result {
  const { outcome, error, matcher } =
    actual === null ? { outcome: 'skip' as const, error: null, matcher: { message: '' } } : judge(expected, actual, 'goss')
  return { resource, id, property, outcome, error, matcher, startedAt: instant, endedAt: instant }
}

/** A resource of the type `matching`, which needs no host. */
export function matchingResult(resource: Resource): Result {
  const { attributes, skip } = resource
  const content = attributes.get('content') ?? null
  const text = printV(content)
  const actual: Actual =
    attributes.get('as-reader') === true
      ? { kind: 'reader', bytes: { text, size: text.length, cut: false } }
      : { kind: 'value', value: content }
  return judged(resource, 'matches', attributes.get('matches') ?? null, skip ? null : actual)
}

/** Runs the commands that a case of the corpus sets up its files with, in a folder of its own, and hands the folder on. */
export function withSetup(path: string, use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-setup-'))
  try {
    const { setup } = JSON.parse(readFileSync(new URL(path, corpus), 'utf8')) as { readonly setup: string }
    execFileSync('sh', ['-c', setup], { cwd: folder })
    use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
