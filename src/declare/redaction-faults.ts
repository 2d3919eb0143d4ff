import { RunproofError } from '../../core/model/errors.ts'
import {
  builtInRedactions,
  type RedactionDisabled,
  type RedactionException,
  type RedactionRule,
} from '../../core/model/redaction.ts'
import { compileRegex, type Regex } from '../../core/patterns/regex.ts'
import type { Fault, Path } from './problem.ts'
import { nearest } from './suggest.ts'

/** The entries of each list; null for one that has not even the right form. */
export type RedactionEntries = {
  readonly rules: readonly (RedactionRule | null)[]
  readonly except: readonly (RedactionException | null)[]
  readonly disable: readonly (RedactionDisabled | null)[]
}

/** What is wrong with entries of the right form: patterns that cannot be used, names that clash or mean nothing, too wide exceptions. */
export function redactionFaults({ rules, except, disable }: RedactionEntries): Fault[] {
  const ids = rules.map((rule) => rule?.id ?? null)
  // Of a rule that could not be read nobody knows the name.
  const isWhole = !rules.includes(null)
  const off = disable.map((one) => one?.rule)
  return [
    ...rules.flatMap((rule, index) =>
      rule === null ? [] : [...nameFaults(rule.id, ids, index), ...ruleFaults(rule, ['rules', index])],
    ),
    ...except.flatMap((one, index) =>
      one === null
        ? []
        : [
            ...(isWhole ? exceptedRule(one.rule, ids, ['except', index, 'rule']) : []),
            ...exceptionFaults(one.pattern, ['except', index, 'pattern']),
          ],
    ),
    ...off.flatMap((rule, index) =>
      rule !== undefined && off.indexOf(rule) < index
        ? [{ path: ['disable', index, 'rule'], message: `${rule} is switched off already`, fix: 'keep one of them' }]
        : [],
    ),
  ]
}

function nameFaults(id: string, ids: readonly (string | null)[], index: number): Fault[] {
  const path = ['rules', index, 'id']
  const fix = `call it something else, like own-${id.replaceAll('_', '-')}`.slice(0, 60)
  if (isBuiltIn(id) || id === 'too_long') return [{ path, message: 'is the name of a rule that ships', fix }]
  return ids.indexOf(id) < index ? [{ path, message: 'is the name of another rule above', fix }] : []
}

function ruleFaults({ pattern, keys, where }: RedactionRule, path: Path): Fault[] {
  if (pattern === undefined && keys === undefined)
    return [{ path, message: 'says nothing of what it matches', fix: 'add `pattern:` with an expression or `keys:` with names' }]
  if (pattern !== undefined && keys !== undefined)
    return [
      {
        path: [...path, 'keys'],
        key: true,
        message: 'stands beside a pattern',
        fix: 'make two rules of it, each with an id of its own',
      },
    ]
  const compiled = pattern === undefined ? null : compiling(pattern, [...path, 'pattern'])
  return [
    ...(compiled !== null && 'fault' in compiled ? [compiled.fault] : []),
    ...((where ?? []).length > 1 && where?.includes('all')
      ? [
          {
            path: [...path, 'where'],
            key: true,
            message: '`all` stands beside other places',
            fix: 'write all alone, or only the others',
          },
        ]
      : []),
  ]
}

function exceptedRule(rule: string, ids: readonly (string | null)[], path: Path): Fault[] {
  if (isBuiltIn(rule) || ids.includes(rule)) return []
  const known = [...builtInRedactions, ...ids.filter((id) => id !== null)]
  const meant = nearest(rule, known)
  return [
    {
      path,
      message: 'is the name of no rule',
      fix: meant === null ? `choose one of: ${known.join(', ')}` : `did you mean \`${meant}\`?`,
    },
  ]
}

/** Texts that have nothing in common but that they could be secrets: what is meant by an exception is never one of them. */
const strangers = [
  'hunter2',
  'Tr0ub4dor&3',
  'correct-horse-battery',
  'somebody@somewhere.test',
  'root:hunter2',
  'a8Kq2ZxW7vTn4RbY9mPc3LdS',
]

function exceptionFaults(pattern: string, path: Path): Fault[] {
  const compiled = compiling(pattern, path)
  if ('fault' in compiled) return [compiled.fault]
  const met = strangers.find((text) => compiled.regex.covers(text))
  if (met === undefined) return []
  const fix =
    'name the harmless text itself, like noreply@example\\.com; to switch a rule off use `disable:`, which the report prints'
  return [{ path, message: `would leave in almost anything, as for example ${met}`, fix }]
}

function compiling(pattern: string, path: Path): { readonly regex: Regex } | { readonly fault: Fault } {
  try {
    return { regex: compileRegex(pattern) }
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    return { fault: { path, message: `cannot be used: ${error.message}`, fix: fixOf(error.message) } }
  }
}

function fixOf(why: string): string {
  if (why.includes('empty text')) return 'make it match at least one character: + instead of *'
  if (why.includes('too large')) return 'ask for fewer repetitions: + or {8,} instead of {8,500}'
  if (why.includes('Perl syntax'))
    return 'RE2 looks neither ahead nor behind: mark the secret with (?P<secret>…) and match what stands around it'
  return 'see https://github.com/google/re2/wiki/Syntax for what RE2 understands'
}

function isBuiltIn(name: string): boolean {
  return builtInRedactions.some((rule) => rule === name)
}
