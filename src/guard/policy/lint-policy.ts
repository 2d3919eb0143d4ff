import { RunproofError } from '../../../core/model/errors.ts'
import { commOf, compilePolicy } from './compile.ts'
import { families, syscallSeverity } from './families.ts'
import { networkLists, type GuardPolicy, type Matching, type NetworkList, type PathList, type ProcessPolicy } from './model.ts'
import { normalisePath } from './normalise-path.ts'
import { pathForms, type PathForm, type Token } from './path-pattern.ts'
import { compilePaths } from './path-set.ts'

/** One entry, or one list, that does not mean the same in both matchings, or that means less than it seems to. */
export type PolicyLint = {
  /** `payments.blocked_files[2]` */
  readonly rule: string
  /** The entry as it is written; null where a whole list is meant. */
  readonly entry: string | null
  /** `differs`: strict and compat disagree about the example. `advice`: both agree, and an author may not expect it. */
  readonly kind: 'differs' | 'advice'
  readonly message: string
  /** A path, call, destination or amount about which the two disagree. */
  readonly example: string | null
  /** Whether the entry speaks of the example; null where that is not the difference. */
  readonly matches: { readonly strict: boolean; readonly compat: boolean } | null
}

/**
 * Names every entry of a policy whose meaning differs between the matchings `strict` and `compat`, each with an example, in the order of
 * the policy. Only paths as they are compared in `strict` (docs/formats/guard-policy.md) are compared here: that compat does not
 * normalise is true of every entry and said once, there.
 */
export function lintPolicy(policy: GuardPolicy): readonly PolicyLint[] {
  return [...Object.entries(policy.processes).flatMap(([name, process]) => lintProcess(name, process)), ...lintNames(policy)]
}

function lintProcess(name: string, process: ProcessPolicy): readonly PolicyLint[] {
  return [
    ...unchecked(name, process),
    ...lintPaths(name, 'allowed_files', process),
    ...lintPaths(name, 'blocked_files', process),
    ...lintSyscalls(name, process.blocked_syscalls ?? []),
    ...lintNetwork(name, process),
  ]
}

/** What compat does not look at: the whole list differs, whatever its entries say. */
function unchecked(
  name: string,
  { allowed_exec: exec, allowed_files: files, max_cpu_percent: cpu }: ProcessPolicy,
): readonly PolicyLint[] {
  const found: PolicyLint[] = []
  for (const [index, entry] of (exec ?? []).entries()) {
    const message = 'compat never checks which programs run'
    found.push({ ...differs(`${name}.allowed_exec[${index}]`, entry, message), example: '/usr/bin/any-other-program' })
  }
  if (cpu !== undefined && cpu > 0)
    found.push({ ...differs(`${name}.max_cpu_percent`, null, 'compat never checks the CPU'), example: `${cpu + 1} %` })
  for (const [list, entries] of [['allowed_exec', exec] as const, ['allowed_files', files] as const]) {
    if (entries?.length !== 0) continue
    const message = 'an empty list restricts nothing; only allowed_network: [] denies all'
    found.push({ rule: `${name}.${list}`, entry: null, kind: 'advice', message, example: null, matches: null })
  }
  return found
}

function lintPaths(name: string, list: Exclude<PathList, 'allowed_exec'>, process: ProcessPolicy): readonly PolicyLint[] {
  return (process[list] ?? []).flatMap((entry, index): readonly PolicyLint[] => {
    const rule = `${name}.${list}[${index}]`
    const strict = formsOrReason(entry)
    if (typeof strict === 'string') return [differs(rule, entry, `strict refuses it: ${strict}`)]
    const example = differingPath(strict, pathForms(entry, 'compat'))
    if (example === null) return []
    const matches = { strict: matchesIn(strict, example), compat: matchesIn(pathForms(entry, 'compat'), example) }
    const message = matches.strict ? 'only strict matches the example' : 'only compat matches the example'
    return [{ ...differs(rule, entry, message), example, matches }]
  })
}

function formsOrReason(entry: string): readonly PathForm[] | string {
  try {
    return pathForms(entry, 'strict')
  } catch (error) {
    if (error instanceof RunproofError) return error.message
    throw error
  }
}

function matchesIn(forms: readonly PathForm[], path: string): boolean {
  return compilePaths([forms]).find(path) >= 0
}

/** The first of some paths, made from what the entry stands for, that the two readings disagree about; null: they mean the same. */
function differingPath(strict: readonly PathForm[], compat: readonly PathForm[]): string | null {
  const [inStrict, inCompat] = [compilePaths([strict]), compilePaths([compat])]
  for (const path of new Set([...strict, ...compat].flatMap(pathsOf)).values()) {
    if (path.startsWith('/') && normalisePath(path) === path && inStrict.find(path) >= 0 !== inCompat.find(path) >= 0) return path
  }
  return null
}

/** Texts that a form stands for, and neighbours of them. */
function pathsOf(form: PathForm): readonly string[] {
  const texts = form.kind === 'glob' ? globTexts(form.text, form.tokens) : [form.text]
  const near = ['x', '', '/x', '/x/y', 'x/y']
  return texts.flatMap((text) => [
    ...near.map((more) => text + more),
    ...near.map((more) => `/${text}${more}`),
    text.slice(0, -1),
  ])
}

/** Each wildcard as nothing, one character, several, and with a folder where it takes one. */
function globTexts(text: string, tokens: readonly Token[]): readonly string[] {
  return [0, 1, 2].map((round) => text + tokens.map((token) => tokenText(token, round)).join(''))
}

function tokenText(token: Token, round: number): string {
  switch (token.kind) {
    case 'char':
      return String.fromCodePoint(token.code)
    case 'one':
      return 'x'
    case 'class':
      return classText(token)
    case 'star':
    case 'rest':
      return ['x', 'xy', ''][round] ?? ''
    case 'globstar':
      return ['x', 'x/y', ''][round] ?? ''
    case 'folders':
      return ['x/', 'x/y/', ''][round] ?? ''
  }
}

/** A character that the class takes. */
function classText({ negated, ranges }: Token & { readonly kind: 'class' }): string {
  const inside = (code: number): boolean => ranges.some(([from, to]) => code >= from && code <= to)
  const [first] = ranges
  if (!negated) return String.fromCodePoint(first?.[0] ?? 0x78)
  for (let code = 0x61; code < 0x110000; code++) if (!inside(code)) return String.fromCodePoint(code)
  return 'x'
}

function lintSyscalls(name: string, entries: readonly string[]): readonly PolicyLint[] {
  return entries.flatMap((entry, index): readonly PolicyLint[] => {
    const rule = `${name}.blocked_syscalls[${index}]`
    const compat = families(entry, 'compat')
    const more = families(entry).find((call) => !compat.includes(call))
    if (more !== undefined) {
      const message = 'strict also blocks the calls that do the same'
      return [{ ...differs(rule, entry, message), example: more, matches: { strict: true, compat: false } }]
    }
    const call = compat[0] ?? entry
    const [own, original] = (['strict', 'compat'] as const).map((matching: Matching) => syscallSeverity(call, matching))
    return own === original ? [] : [{ ...differs(rule, entry, `${own} in strict, ${original} in compat`), example: call }]
  })
}

function lintNetwork(name: string, process: ProcessPolicy): readonly PolicyLint[] {
  const { allowed_network: allowed } = process
  const found = networkLists.flatMap((list) =>
    (process[list] ?? []).flatMap((entry, index) => lintDestination(name, list, entry, index)),
  )
  if (allowed !== undefined) return found
  const message = 'no such list: strict restricts nothing, compat denies every destination'
  return [...found, { ...differs(`${name}.allowed_network`, null, message), example: '192.0.2.1:443' }]
}

function lintDestination(name: string, list: NetworkList, entry: string, index: number): readonly PolicyLint[] {
  // Every destination, which is what compat makes of any entry.
  if (list === 'allowed_network' && (entry === '*' || entry === '*:*')) return []
  const message =
    list === 'allowed_network' ? 'compat never reads it: any entry allows every destination' : 'compat never reads this list'
  const example = list === 'allowed_network' ? 'any other destination' : entry
  return [{ ...differs(`${name}.${list}[${index}]`, entry, message), example }]
}

/** Where a sensor knows only what the kernel keeps of a name, two long names may be one. */
function lintNames(policy: GuardPolicy): readonly PolicyLint[] {
  const holders = new Map<string, { readonly process: string; readonly name: string }>()
  return compilePolicy({ ...policy, processes: onlyNames(policy) }).processes.flatMap((process) =>
    process.names.flatMap((name): readonly PolicyLint[] => {
      const holder = holders.get(commOf(name))
      if (holder === undefined) holders.set(commOf(name), { process: process.name, name })
      if (holder === undefined || holder.process === process.name) return []
      const message = `the kernel keeps 15 bytes of a name: where a sensor knows no more, ${name} is taken for ${holder.name}`
      return [{ rule: process.name, entry: name, kind: 'advice', message, example: commOf(name), matches: null }]
    }),
  )
}

function onlyNames({ processes }: GuardPolicy): GuardPolicy['processes'] {
  return Object.fromEntries(Object.entries(processes).map(([name, { names }]) => [name, names === undefined ? {} : { names }]))
}

function differs(rule: string, entry: string | null, message: string): PolicyLint {
  return { rule, entry, kind: 'differs', message, example: null, matches: null }
}
