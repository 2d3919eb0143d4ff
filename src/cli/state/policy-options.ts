import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { readBounded } from '../../lib/io/read-bounded.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { loadSuite } from '../../state/load/load-suite.ts'
import type { Target } from '../../state/model/fact.ts'
import type { Suite } from '../../state/model/resource.ts'
import { defaultMaskRules, maskResults, type MaskRules } from '../../state/output/mask.ts'
import { judgementOf } from '../../state/run.ts'
import type { Checker, HostCheck } from '../../state/policies/audit.ts'
import { detectEnvironment, type TagFilter } from '../../state/policies/enforce.ts'
import type { Policy, PolicyFile, PolicyProblem } from '../../state/policies/model.ts'
import { readPolicies } from '../../state/policies/read-policies.ts'
import type { Io } from '../command.ts'
import { hostOptions, hostsOf, type Collected } from './hosts.ts'
import { secretsIn } from './report.ts'
import { text, words, type Globals, type Read } from './options.ts'

/** Options of both commands that judge runtime policies. */
export const policyOptions = {
  policies: { type: 'string', multiple: true },
  environment: { type: 'string' },
  'env-detection': { type: 'boolean' },
  'tags-any': { type: 'string', multiple: true },
  'tags-all': { type: 'string', multiple: true },
  tags_any: { type: 'string', multiple: true },
  tags_all: { type: 'string', multiple: true },
  strict: { type: 'boolean' },
  ...hostOptions,
} as const

const MAX_FILES = 1000

/**
 * Every policy file that the command line names; of a folder those in it. What cannot be read is a problem, not an end.
 * @throws RunproofError `usage` where none is named
 */
export function policiesOf(values: Read['values'], usage: string, io: Io): PolicyFile {
  const named = words(values['policies'], undefined)
  if (named.length === 0) throw new RunproofError('usage', `--policies is missing; usage: ${usage}`)
  const problems: PolicyProblem[] = []
  const files = named.flatMap((path) => filesAt(path, problems, io))
  const read = files.map((file) => readFile(file, io))
  const configs = read.map(({ config }) => config)
  const first = <T>(pick: (config: PolicyFile['config']) => T | null): T | null =>
    configs.map(pick).find((value) => value !== null) ?? null
  return {
    policies: unique(
      read.flatMap(({ policies }) => policies),
      problems,
    ),
    problems: [...problems, ...read.flatMap((one) => one.problems)],
    config: {
      schedule: first(({ schedule }) => schedule),
      reportSchedule: first(({ reportSchedule }) => reportSchedule),
      environment: first(({ environment }) => environment),
      hooks: configs.flatMap(({ hooks }) => hooks),
      tagsAny: configs.flatMap(({ tagsAny }) => tagsAny),
      tagsAll: configs.flatMap(({ tagsAll }) => tagsAll),
    },
  }
}

/** Where this is: as the command line says, as the machine says where that was asked for, as the policies say; null: nobody does. */
export function environmentOf(values: Read['values'], { config }: PolicyFile, io: Io): string | null {
  const given = text(values['environment'])?.trim()
  if (given !== undefined && given !== '' && given !== 'auto') return given
  if (given === 'auto' || values['env-detection'] === true) {
    const detected = detectEnvironment(io.env)
    if (detected !== null) {
      io.err(`environment ${detected.environment}, as ${detected.variable} says`)
      return detected.environment
    }
    io.err('no variable says which environment this is: only what holds in all of them is judged')
  }
  return config.environment
}

export function tagsOf(values: Read['values'], { config }: PolicyFile): TagFilter {
  const [any, all] = [
    words(values['tags-any'] ?? values['tags_any'], undefined),
    words(values['tags-all'] ?? values['tags_all'], undefined),
  ]
  return { any: any.length > 0 ? any : config.tagsAny, all: all.length > 0 ? all : config.tagsAll }
}

/** Reads gossfiles and asks the hosts that the command line names. */
export async function checkerOf({ globals, values }: Read, io: Io, signal?: AbortSignal): Promise<Checker> {
  const { dialect, packageManager } = globals
  const hosts = await hostsOf(
    values,
    { dialect, parallel: 5 * availableParallelism(), ...(signal !== undefined && { signal }) },
    io,
  )
  const rules: MaskRules = { ...defaultMaskRules, secrets: secretsIn(io.env) }
  const instant = (): string => new Date(io.now()).toISOString()
  return {
    now: instant,
    load: (policy) => suiteOfPolicy(policy, globals, io),
    async check(suite: Suite) {
      const { queries, judge } = judgementOf(suite, dialect, packageManager)
      const startedAt = instant()
      const collected = await hosts.collect(queries)
      const endedAt = instant()
      return collected.map((one) => checkOf(one, { startedAt, endedAt }, (bundle) => maskResults(judge(bundle), rules).results))
    },
  }
}

function suiteOfPolicy({ configPath }: Policy, { vars, varsInline, dialect }: Globals, { env }: Io): Suite {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return loadSuite(configPath, { vars, varsInline, dialect, env: Object.fromEntries(known), allowImpure: true })
}

function checkOf(
  { name, bundle, failure }: Collected,
  times: Pick<HostCheck, 'startedAt' | 'endedAt'>,
  judge: ReturnType<typeof judgementOf>['judge'],
): HostCheck {
  if (bundle === null) return { target: unreached(name), ...times, results: [], failure: failure ?? 'no answer' }
  const target = { ...bundle.target, id: name }
  return { target, startedAt: bundle.startedAt, endedAt: bundle.endedAt, results: judge(bundle), failure }
}

/** A host that never said its name: it is known by how it was named here, without whom to log in as. */
export function unreached(name: string): Target {
  const [, scheme, rest = name] = /^(ssh|docker|podman|kubectl):\/\/(.*)$/.exec(name) ?? []
  if (scheme === undefined || scheme === 'ssh') {
    const id = rest.slice(rest.lastIndexOf('@') + 1).replace(/:\d+$/, '')
    return { id, transport: 'ssh', address: name }
  }
  return { id: name, transport: scheme as 'docker' | 'podman' | 'kubectl', address: name }
}

function filesAt(path: string, problems: PolicyProblem[], io: Io): readonly string[] {
  const whole = resolve(io.cwd, path)
  try {
    if (!statSync(whole).isDirectory()) return [path]
    const files = readdirSync(whole)
      .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.startsWith('.'))
      .sort()
      .slice(0, MAX_FILES)
    if (files.length === 0) problems.push(problemAt(path, 'the folder holds no policy file'))
    return files.map((name) => join(path, name))
  } catch (cause) {
    problems.push(problemAt(path, `cannot be read: ${whyOf(cause)}`))
    return []
  }
}

/** Of one policy file. */
const MOST_BYTES = 16 * 1024 * 1024

function readFile(file: string, io: Io): PolicyFile {
  let content: string
  try {
    content = readBounded(resolve(io.cwd, file), MOST_BYTES).toString('utf8')
  } catch (cause) {
    const none = readPolicies('Policies: []', file)
    return { ...none, problems: [problemAt(file, `cannot be read: ${whyOf(cause)}`)] }
  }
  const read = readPolicies(content, file)
  // Gossfiles are found from the policy file, wherever the command was called.
  return {
    ...read,
    policies: read.policies.map((policy) => ({
      ...policy,
      configPath: resolve(io.cwd, policy.configPath),
      paths: policy.paths.map((path) => resolve(io.cwd, path)),
    })),
  }
}

function unique(policies: readonly Policy[], problems: PolicyProblem[]): readonly Policy[] {
  const seen = new Map<string, Policy>()
  for (const policy of policies) {
    const known = seen.get(policy.id.toLowerCase())
    if (known === undefined) seen.set(policy.id.toLowerCase(), policy)
    else
      problems.push({ level: 'error', policy: policy.id, message: `the id is in ${known.place.file} too`, place: policy.place })
  }
  return [...seen.values()]
}

function problemAt(file: string, message: string): PolicyProblem {
  return { level: 'error', policy: null, message, place: { file, row: null } }
}
