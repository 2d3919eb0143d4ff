import { parseArgs } from 'node:util'
import type { CompiledPolicy, CompiledProcess } from '../../guard/policy/compile.ts'
import { neededTypes, notPrevented } from '../../guard/run/needs.ts'
import type { Coverage, ProbeKind } from '../../guard/probes/probe.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { coverageLines } from './describe.ts'
import { loadPolicy, type LoadedPolicy } from './policy.ts'
import { candidates, sensorOptions, type Candidate } from './probes.ts'

const usage = 'runproof guard check POLICY [--sensor auto|ebpf|tracefs|procfs|none] [--mode M] [--json]'
const options = {
  ...sensorOptions,
  policy: { type: 'string' },
  mode: { type: 'string' },
  matching: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Tried = { readonly sensor: ProbeKind; readonly coverage: Coverage | null; readonly why: string | null }

/** Validates a policy and says what it means here. 0: all that it asks for can be done, 1: something cannot, 3: it is no policy. */
export async function checkPolicy(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const named = values.policy !== undefined && positionals.length === 0 ? [values.policy] : positionals
  const [file = ''] = positional(named, ['POLICY'], usage)
  const loaded = await loadPolicy(file, io, values)
  const tried = values.sensor === 'none' ? null : await firstThatWorks(candidates(values, io), loaded.compiled)
  const gaps = tried === null ? [] : gapsOf(loaded.compiled, tried)
  if (values.json === true) io.out(JSON.stringify(inJson(loaded, tried, gaps)))
  else for (const line of inWords(loaded, tried, gaps)) io.out(line)
  return gaps.length === 0 ? EXIT.ok : EXIT.fail
}

/** What a kernel lets a sensor do is known only by trying: it is started and stopped again. */
async function firstThatWorks(chosen: readonly Candidate[], compiled: CompiledPolicy): Promise<Tried> {
  let failed: Tried | null = null
  for (const { kind, make } of chosen) {
    const probe = make()
    try {
      await probe.apply({ compiled, generation: 1, mode: compiled.mode, processModes: new Map() })
      await probe.start(nobody)
      return { sensor: kind, coverage: probe.coverage(), why: null }
    } catch (error) {
      failed ??= { sensor: kind, coverage: null, why: error instanceof Error ? error.message : String(error) }
    } finally {
      await probe.stop()
    }
  }
  return failed ?? { sensor: 'table', coverage: null, why: 'no sensor can be used here' }
}

const nobody = { sighting() {}, heartbeat() {}, loss() {}, fault() {}, end() {} }

function gapsOf(compiled: CompiledPolicy, { coverage, why }: Tried): readonly string[] {
  if (coverage === null) return [why ?? 'no sensor can be used here']
  const unseen = neededTypes(compiled)
    .filter((type) => coverage.tiers[type] === 'none')
    .map((type) => `${type} cannot be seen here`)
  const here = coverage.blindSpots.filter(({ isCatalogued }) => !isCatalogued).map(({ what }) => what)
  const demands = compiled.mode === 'enforce' && compiled.policy.enforce === 'prevent'
  const weak = demands
    ? notPrevented(compiled, coverage).map(({ type, tier }) => `${type} is to be prevented, and here it is ${tier} at best`)
    : []
  return [...unseen, ...here, ...weak]
}

function inWords({ compiled, name }: LoadedPolicy, tried: Tried | null, gaps: readonly string[]): readonly string[] {
  const { policy, digest, processes, mode, matching } = compiled
  return [
    `${name}: valid; ${processes.length === 1 ? '1 entry' : `${processes.length} entries`}, mode ${mode}, matching ${matching}`,
    `sha256:${digest}`,
    ...processes.flatMap(entryLines),
    ...alertLines(policy.alerts),
    '',
    ...(tried === null ? [] : hereLines(tried, compiled)),
    ...(gaps.length === 0 ? [] : ['', 'what this policy asks for and does not get here:', ...gaps.map((gap) => `  ${gap}`)]),
  ]
}

function hereLines({ sensor, coverage, why }: Tried, compiled: CompiledPolicy): readonly string[] {
  if (coverage === null) return [`here, with ${sensor}: ${why ?? 'it cannot be used'}`]
  return [`here, with ${sensor}:`, ...coverageLines(coverage, neededTypes(compiled))]
}

function entryLines({ names, descendants, policy, ...process }: CompiledProcess): readonly string[] {
  const lists = [
    list(process.allowedExec, 'may run only'),
    list(process.blockedSyscalls, 'may not make'),
    list(process.allowedFiles, 'may open only'),
    list(process.blockedFiles, 'may not open'),
    list(process.allowedNetwork, CONNECT),
    list(process.blockedNetwork, 'may not connect to'),
    ...(process.maxMemoryMb === null ? [] : [`at most ${process.maxMemoryMb} MB of memory`]),
    ...(process.maxCpuPercent === null ? [] : [`at most ${process.maxCpuPercent} % of a CPU`]),
  ].filter((line) => line !== null)
  const whose = `${names.join(', ')}${descendants ? ' and what it starts' : ''}`
  return ['', `${whose}${policy.description === undefined ? '' : `: ${policy.description}`}`, ...lists.map((line) => `  ${line}`)]
}

type Listed = { readonly count: number; readonly written: readonly string[]; readonly stands: readonly unknown[] }

/** An empty list says nothing, but for that of destinations: then there is none. */
function list(entries: Listed | null, words: string): string | null {
  if (entries === null) return null
  if (entries.count === 0) return words === CONNECT ? 'may connect to nothing' : null
  const calls = [...new Set(entries.stands.flat().filter((name) => typeof name === 'string'))]
  const more = calls.length > entries.count ? `; that is ${calls.join(' ')}` : ''
  const shown = entries.written.slice(0, 8).join('  ')
  return `${words}  ${shown}${entries.count > 8 ? `  and ${entries.count - 8} more` : ''}${more}`
}

const CONNECT = 'may connect only to'

function alertLines({ on_violation, on_critical }: CompiledPolicy['policy']['alerts']): readonly string[] {
  const line = (when: string, to: readonly string[]): readonly string[] => (to.length === 0 ? [] : [`${when}: ${to.join(', ')}`])
  const lines = [...line('alerts on a violation go to', on_violation), ...line('alerts on a critical one go to', on_critical)]
  return lines.length === 0 ? [] : ['', ...lines]
}

function inJson({ compiled, name }: LoadedPolicy, tried: Tried | null, gaps: readonly string[]): object {
  const { digest, mode, matching, policy } = compiled
  return {
    name,
    digest,
    mode,
    matching,
    policy,
    needs: neededTypes(compiled),
    sensor: tried?.sensor ?? null,
    coverage: tried?.coverage ?? null,
    gaps,
  }
}
