import { dirname, isAbsolute, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { explainIssues, valueAt } from '../../declare/explain-issue.ts'
import { byPosition, pathText, problemText, type Fault, type Path, type Position, type Problem } from '../../declare/problem.ts'
import { capped, problemOf } from '../../declare/read-manifest.ts'
import { readSource } from '../../declare/source.ts'
import { compilePolicy } from './compile.ts'
import { merged, withDefaults } from './merge.ts'
import { matchings, policyLimits, type GuardPolicy, type Matching } from './model.ts'
import { policyFaults } from './policy-faults.ts'
import { isObject, PolicySchema, writtenOut, type PolicyDocument } from './schema.ts'

/**
 * A guard policy from the text of its document, with what it extends, as `read` gives it for a path beside `file`.
 * @throws RunproofError `guard_policy.invalid`: everything that is wrong with any of its documents, each with file, line, column and fix
 */
export function readPolicy(text: string, file: string, read: (path: string) => string): GuardPolicy {
  const result = readPolicyDocuments(text, file, read)
  if ('policy' in result) return result.policy
  const count = result.problems.length
  const head = `${file} is not a guard policy: ${count} problem${count === 1 ? '' : 's'}`
  throw new RunproofError('guard_policy.invalid', [head, ...result.problems.map(problemText)].join('\n'))
}

export type ReadPolicy =
  /** `documents`: the files that it was made of, the named one last. */
  { readonly policy: GuardPolicy; readonly documents: readonly string[] } | { readonly problems: readonly Problem[] }

/** The same with the problems as values, in the order of each document's text. */
export function readPolicyDocuments(text: string, file: string, read: (path: string) => string): ReadPolicy {
  const loading: Loading = { read, loaded: new Map(), order: [], problems: [] }
  const top = load(text, file, [], loading)
  const matching = effective(top, (value) => matchings.find((word) => word === value)) ?? 'strict'
  for (const document of loading.order) loading.problems.push(...checked(document, matching))
  if (loading.problems.length > 0) return { problems: capped(loading.problems.toSorted(inOrder(loading.order))) }

  const policy = withDefaults(
    merged(
      top,
      (document) => document.bases,
      ({ content }) => content,
    ),
  )
  const whole = wholeFaults(policy).map((fault) => problemOf(fault, top.locate(fault.path, fault.key), top.value, file))
  return whole.length > 0 ? { problems: capped(whole) } : { policy, documents: loading.order.map((document) => document.file) }
}

type Loaded = {
  readonly file: string
  readonly value: JsonValue
  readonly locate: (path: Path, key?: boolean) => Position
  readonly bases: readonly Loaded[]
  /** Empty where it could not be read: then there are problems and nobody asks. */
  readonly content: PolicyDocument
}
type Loading = {
  readonly read: (path: string) => string
  readonly loaded: Map<string, Loaded>
  readonly order: Loaded[]
  readonly problems: Problem[]
}

function load(text: string, file: string, chain: readonly string[], loading: Loading): Loaded {
  if (text.length > policyLimits.bytes || new TextEncoder().encode(text).length > policyLimits.bytes) {
    const fix = 'write patterns for what belongs together, or policies for different hosts'
    loading.problems.push({
      file,
      line: 1,
      column: 1,
      path: '',
      value: null,
      message: `larger than ${policyLimits.bytes} bytes`,
      fix,
    })
    return kept({ file, value: null, locate: () => ({ line: 1, column: 1 }), bases: [], content: {} }, loading)
  }
  const source = readSource(text)
  const value = writtenOut(source.value)
  // One text in place of a list of one stands where the list would.
  const locate: Loaded['locate'] = (path, key) => {
    const list = path.slice(0, -1)
    return source.locate(typeof valueAt(source.value, list) === 'string' ? list : path, key)
  }
  const shape = PolicySchema.safeParse(value)
  // A document that is not even YAML has one story to tell, and one with a broken value none about that value.
  const unread = source.value === null && source.faults.length > 0
  const told = new Set(source.faults.map(({ path }) => pathText(path)))
  const wrong = shape.success || unread ? [] : explainIssues(PolicySchema, value, shape.error.issues)
  loading.problems.push(
    ...source.faults.map((fault) => problemOf(fixed(fault), fault.position, value, file)),
    ...wrong
      .filter(({ path, key }) => key === true || !told.has(pathText(path)))
      .map((fault) => problemOf(fault, locate(fault.path, fault.key), value, file)),
  )
  const bases = basesOf(value, file, chain, locate, loading)
  return kept({ file, value, locate, bases, content: shape.data ?? {} }, loading)
}

function kept(document: Loaded, { loaded, order }: Loading): Loaded {
  loaded.set(document.file, document)
  order.push(document)
  return document
}

/** The YAML reader speaks of manifests to whom it hands an empty document. */
function fixed<F extends Fault>(fault: F): F {
  return fault.fix.includes('manifest init') ? { ...fault, fix: 'docs/formats/guard-policy.md has one to start from' } : fault
}

function basesOf(
  value: JsonValue,
  file: string,
  chain: readonly string[],
  locate: Loaded['locate'],
  loading: Loading,
): readonly Loaded[] {
  const named = isObject(value) && Array.isArray(value['extends']) ? (value['extends'] as readonly JsonValue[]) : []
  return named.slice(0, policyLimits.documents).flatMap((entry, index): readonly Loaded[] => {
    if (typeof entry !== 'string' || entry === '') return []
    const base = baseOf(entry, file, [...chain, file], loading)
    if ('file' in base) return [base]
    loading.problems.push(problemOf({ path: ['extends', index], ...base }, locate(['extends', index]), value, file))
    return []
  })
}

type Refusal = { readonly message: string; readonly fix: string }

function baseOf(entry: string, file: string, chain: readonly string[], loading: Loading): Loaded | Refusal {
  if (isAbsolute(entry) || /^[a-z][a-z0-9+.-]*:/i.test(entry))
    return {
      message: 'not a path relative to this file',
      fix: 'write it relative, like ../base.yaml: the policies of a bundle move together',
    }
  const path = join(dirname(file), entry)
  const seen = chain.map((step) => join(step))
  if (seen.includes(path))
    return { message: `extends itself: ${[...seen.slice(seen.indexOf(path)), path].join(' → ')}`, fix: 'take one of these out' }
  if (chain.length > policyLimits.extends)
    return { message: `extends deeper than ${policyLimits.extends}`, fix: 'extend what is extended there directly' }
  const known = loading.loaded.get(path)
  if (known) return known
  if (loading.order.length + chain.length >= policyLimits.documents)
    return { message: `more than ${policyLimits.documents} documents`, fix: 'put what belongs together into one' }
  try {
    return load(loading.read(path), path, chain, loading)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { message: `cannot be read: ${why.slice(0, 200)}`, fix: 'check the path; it counts from the folder of this file' }
  }
}

function checked({ file, value, locate }: Loaded, matching: Matching): readonly Problem[] {
  return policyFaults(value, matching).map((fault) => problemOf(fault, locate(fault.path, fault.key), value, file))
}

/** The word that counts is the last one that is said: the document's own, else that of what it extends, the last first. */
function effective(document: Loaded, read: (value: JsonValue | undefined) => Matching | undefined): Matching | undefined {
  const own = isObject(document.value) ? read(document.value['matching']) : undefined
  if (own !== undefined) return own
  for (const base of document.bases.toReversed()) {
    const word = effective(base, read)
    if (word !== undefined) return word
  }
  return undefined
}

/** What only all documents together show. */
function wholeFaults(policy: GuardPolicy): readonly Fault[] {
  const processes = Object.entries(policy.processes)
  if (processes.length === 0)
    return [
      { path: ['processes'], key: true, message: 'no processes', fix: 'name at least one: a policy for nobody guards nothing' },
    ]
  const faults: Fault[] = []
  const owner = new Map(processes.map(([name]) => [name, name]))
  for (const [name, { names = [] }] of processes) {
    for (const other of names) {
      const holder = owner.get(other)
      if (holder !== undefined && holder !== name)
        faults.push({
          path: ['processes', name, 'names'],
          message: `${other} belongs to the entry ${holder} already`,
          fix: 'leave it to one of the two',
        })
      owner.set(other, name)
    }
  }
  const total = processes.reduce(
    (sum, [, process]) =>
      sum + Object.values(process).reduce<number>((n, field) => n + (Array.isArray(field) ? field.length : 0), 0),
    0,
  )
  if (total > policyLimits.allEntries)
    faults.push({
      path: [],
      message: `${total} entries in all, more than ${policyLimits.allEntries}`,
      fix: 'write patterns for what belongs together',
    })
  return faults.length > 0 ? faults : uncompilable(policy)
}

/** Limits that only show when everything is put together: alternatives in braces, ranges of ports. */
function uncompilable(policy: GuardPolicy): readonly Fault[] {
  try {
    compilePolicy(policy)
    return []
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    return [{ path: ['processes'], key: true, message: error.message, fix: 'write fewer alternatives' }]
  }
}

function inOrder(order: readonly Loaded[]): (a: Problem, b: Problem) => number {
  // What was named first is read last.
  const rank = new Map(order.toReversed().map(({ file }, index) => [file, index]))
  return (a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || byPosition(a, b)
}
