import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeResults } from '../../state/output/write.ts'
import type { Format } from '../../state/output/options.ts'
import { isFailed, type RunInfo } from '../../state/output/run.ts'
import type { Result } from '../../state/model/result.ts'
import type { HostRun } from '../../state/run.ts'
import { EXIT, type Io } from '../command.ts'
import { advice } from './advice.ts'
import { emit } from './emit.ts'
import type { Globals } from './options.ts'
import type { Asked } from './validate.ts'

/** What one host's run says beside its results. */
export type About = Pick<RunInfo, 'version' | 'sources'> & { readonly globals: Globals; readonly now: () => number }

const forPeople: ReadonlySet<Format> = new Set(['documentation', 'rspecish'])

/** Writes what was found and says how it ended: with the worst of all hosts. A host that was not reached is a failure. */
export async function report(runs: readonly HostRun[], about: About, asked: Asked, io: Io): Promise<number> {
  const shown = await withoutSecrets(runs, asked.isJson ? 'json' : asked.format, asked.globals, io)
  const codes = shown.map((run) => (run.failure === null ? textOf(run, about, asked).exit : EXIT.fail))
  const code = Math.max(...codes)
  if (asked.isJson) {
    const { runDocument } = await import('./run-document.ts')
    emit(io, runDocument(shown, about, code))
  } else if (asked.folder !== null) await writeFiles(shown, about, asked, asked.folder, io)
  else if (asked.hosts.isMany) await severalHosts(shown, about, asked, io)
  else oneHost(shown, about, asked, io)
  for (const { name, failure } of shown)
    if (failure !== null)
      io.err(asked.globals.dialect === 'goss' ? failure : `runproof state: ${name} was not checked: ${failure}`)
  return code
}

/** The results of one host in the format that was asked for, and its exit code. */
export function textOf(
  run: HostRun,
  { version, sources, globals, now }: About,
  { format, style }: Pick<Asked, 'format' | 'style'>,
) {
  const info: RunInfo = {
    dialect: globals.dialect,
    endedAt: new Date(now()).toISOString(),
    host: run.name,
    runId: null,
    version,
    sources,
  }
  return writeResults(format, run.results, info, style)
}

/** Names of variables whose values are secrets, in goss's templates and commands. */
const secretVariable = /(?:password|passwd|passphrase|secret|token|api_?key|private_?key|credentials?)$/i

/** Formats that show nothing, or only what did not pass. */
const showsNothing: ReadonlySet<Format> = new Set(['silent'])
const showsFaults: ReadonlySet<Format> = new Set(['nagios', 'rspecish'])

/**
 * Results as the format may show them. goss shows bodies, headers and output as they are; so does its dialect. What a format does not show is
 * not looked through.
 */
export async function withoutSecrets(
  runs: readonly HostRun[],
  format: Format,
  { dialect }: Globals,
  { env }: Io,
): Promise<readonly HostRun[]> {
  if (dialect === 'goss' || showsNothing.has(format)) return runs
  const isShown = ({ outcome }: Result): boolean => outcome !== 'pass' || !showsFaults.has(format)
  if (!runs.some(({ results }) => results.some(isShown))) return runs
  const { defaultMaskRules, maskResults } = await import('../../state/output/mask.ts')
  const secrets = secretsIn(env)
  return runs.map((run) => {
    const masked = maskResults(run.results.filter(isShown), { ...defaultMaskRules, secrets }).results.values()
    return { ...run, results: run.results.map((result) => (isShown(result) ? (masked.next().value ?? result) : result)) }
  })
}

/** What variables hold whose names say that it is a secret. */
export function secretsIn(env: Io['env']): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (secretVariable.test(name) && value !== undefined ? [value] : []))
}

function oneHost([run]: readonly HostRun[], about: About, asked: Asked, io: Io): void {
  if (run === undefined || run.failure !== null) return
  emit(io, textOf(run, about, asked).text)
  if (about.globals.dialect === 'runproof' && forPeople.has(asked.format)) emit(io, advice(run.results))
}

async function severalHosts(runs: readonly HostRun[], about: About, asked: Asked, io: Io): Promise<void> {
  if (asked.format === 'json') {
    const hosts = runs.map((run) => {
      const report =
        run.failure === null ? textOf(run, about, { ...asked, style: { ...asked.style, pretty: false } }).text.trim() : 'null'
      return `{"host":${JSON.stringify(run.name)},"failure":${JSON.stringify(run.failure)},"report":${report}}`
    })
    emit(io, `{"hosts":[${hosts.join(',\n')}]}\n`)
    return
  }
  if (asked.format === 'silent') return
  for (const run of runs) {
    // Of those that pass, the table says all there is to say.
    if (run.failure !== null || (asked.format !== 'documentation' && !run.results.some(isFailed))) continue
    emit(io, `== ${run.name}\n${textOf(run, about, asked).text}${advice(run.results)}\n`)
  }
  const { summaryTable } = await import('./summary-table.ts')
  for (const line of summaryTable(runs)) io.out(line)
}

async function writeFiles(runs: readonly HostRun[], about: About, asked: Asked, folder: string, io: Io): Promise<void> {
  const path = resolve(io.cwd, folder)
  mkdirSync(path, { recursive: true })
  for (const run of runs)
    if (run.failure === null)
      writeFileSync(join(path, `${fileName(run.name)}.${extensions[asked.format]}`), textOf(run, about, asked).text)
  const { summaryTable } = await import('./summary-table.ts')
  for (const line of summaryTable(runs)) io.out(line)
}

const extensions: Readonly<Record<Format, string>> = {
  documentation: 'txt',
  json: 'json',
  junit: 'xml',
  nagios: 'txt',
  prometheus: 'prom',
  rspecish: 'txt',
  silent: 'txt',
  structured: 'json',
  tap: 'tap',
}

/** A host's name as part of a path. */
function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '_')
}
