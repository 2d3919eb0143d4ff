import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** A recorded case: what is done in its folder, and what goss answered to each run. */
export type Case = {
  readonly id: string
  readonly group: string
  readonly folder: string
  readonly needsServer: boolean
  readonly runs: readonly Run[]
}

export type Run = { readonly name: string; readonly args: readonly string[]; readonly answers: readonly Answer[] }

export type Answer = {
  readonly exit: number
  readonly json?: {
    readonly count: number
    readonly failed: number
    readonly skipped: number
    readonly results: readonly Record<string, unknown>[]
  }
  readonly stdout?: string
  /** Lines sorted, times masked; null: it was not recorded. */
  readonly stderr: readonly string[] | null
  readonly after: Readonly<Record<string, string>>
  readonly varies: boolean
}

type Recorded = {
  readonly exit: number
  readonly json?: Answer['json']
  readonly stdout?: string
  readonly stdout_file?: string
  readonly stderr?: string | readonly string[]
  readonly stderr_lines?: number
  readonly varies?: boolean
  readonly alternatives?: readonly Recorded[]
}

/** Every case below a folder, with the answers of that version of goss; a run without one has no answers. */
export function casesIn(folder: string, version: string): readonly Case[] {
  return globSync('**/case.json', { cwd: folder })
    .sort()
    .map((path) => readCase(resolve(folder, dirname(path)), version))
}

/** The folder of the fixture services: in the given folder or above it; null: there is none. */
export function fixturesOf(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, 'fixtures', 'server.mjs'))) return join(at, 'fixtures')
    if (at === dirname(at)) return null
  }
}

function readCase(folder: string, version: string): Case {
  const { id, fixtures, runs } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
    id: string
    fixtures?: readonly string[]
    runs: readonly { name: string; args: readonly string[] }[]
  }
  return {
    id,
    group: id.startsWith('real/') ? id : (id.split('/')[0] ?? id),
    folder,
    needsServer: (fixtures ?? []).includes('server'),
    runs: runs.map(({ name, args }) => ({ name, args, answers: answersOf(folder, name, version) })),
  }
}

function answersOf(folder: string, name: string, version: string): readonly Answer[] {
  const path = join(folder, 'expected', `${name}.json`)
  if (!existsSync(path)) return []
  const rows = JSON.parse(readFileSync(path, 'utf8')) as readonly { versions: readonly string[]; answer: Recorded }[]
  return rows
    .filter(({ versions }) => versions.includes(version))
    .flatMap(({ answer }) => [answer, ...(answer.alternatives ?? [])].map((one) => read(one, answer.varies === true, folder)))
}

function read(recorded: Recorded, varies: boolean, folder: string): Answer {
  const { exit, json, stdout, stdout_file: file, stderr } = recorded
  const text = file === undefined ? stdout : readFileSync(join(folder, 'expected', file), 'utf8')
  const after = Object.entries(recorded).flatMap(([key, value]) =>
    key.startsWith('after:') ? [[key.slice('after:'.length), value as string] as const] : [],
  )
  return {
    exit,
    ...(json === undefined ? {} : { json }),
    ...(text === undefined ? {} : { stdout: text }),
    stderr: stderr === undefined ? [] : typeof stderr === 'string' ? stderr.split('\n').filter((line) => line !== '') : stderr,
    after: Object.fromEntries(after),
    varies,
  }
}
