import type { Action } from '../../core/model/act.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { Control, Exception, Selection } from '../../core/model/manifest.ts'
import { compileBlocks } from '../../core/patterns/address.ts'
import { compilePatterns } from '../../core/patterns/glob.ts'
import type { Fault, Path } from './problem.ts'

type ListName = keyof Selection
type Destination = NonNullable<Selection['destinations']>[number]

/**
 * The lists that say something about each behaviour. Not `by` for `exec`: its target is the executable, and who called it is no
 * part of a behaviour's identity.
 */
export const listsOf: Readonly<Record<Action, readonly ListName[]>> = {
  exec: ['binaries'],
  open: ['paths', 'access', 'by'],
  connect: ['destinations', 'by'],
  privilege_change: ['capabilities', 'syscalls', 'by'],
  syscall: ['syscalls', 'by'],
  resource: ['names', 'by'],
  state: ['names', 'by'],
}

const listNames: readonly ListName[] = ['binaries', 'paths', 'access', 'destinations', 'capabilities', 'syscalls', 'names', 'by']
const patternLists = ['binaries', 'paths', 'capabilities', 'syscalls', 'names', 'by'] as const

/** Lists of a control that its behaviour cannot use, and entries that are no pattern, block or port. */
export function checkSelections(control: Control, path: Path): Fault[] {
  const { allow, deny, except = [] } = control
  return [
    ...(allow ? checkSelection(control, allow, [...path, 'allow']) : []),
    ...(deny ? checkSelection(control, deny, [...path, 'deny']) : []),
    ...except.flatMap((exception, index) => checkException(control, exception, [...path, 'except', index])),
  ]
}

/** Globs that cannot be compiled. */
export function checkPatterns(patterns: readonly string[] | undefined, path: Path): Fault[] {
  return (patterns ?? []).flatMap((pattern, index) =>
    refusal(() => compilePatterns([pattern]), [...path, index], 'close the brace, or write \\{ for the character itself'),
  )
}

function checkSelection({ behaviour }: Control, selection: Selection, path: Path): Fault[] {
  const given = listNames.filter((name) => selection[name] !== undefined)
  if (Object.keys(selection).length === 0) {
    return [{ path, message: 'names nothing', fix: `add one of: ${listsOf[behaviour].join(', ')}; or remove it` }]
  }
  return [...unfit(behaviour, given, path), ...checkLists(selection, path)]
}

function checkException({ behaviour }: Control, exception: Exception, path: Path): Fault[] {
  const { workloads, rules } = exception
  const given = listNames.filter((name) => exception[name] !== undefined)
  const boundless = Object.keys(exception).every((field) => field === 'reason')
  return [
    ...(boundless
      ? [{ path, message: 'excepts everything', fix: 'narrow it by workloads, rules or a list; or remove the control' }]
      : []),
    ...unfit(behaviour, given, path),
    ...checkLists(exception, path),
    ...checkPatterns(workloads, [...path, 'workloads']),
    ...checkPatterns(rules, [...path, 'rules']),
  ]
}

function unfit(behaviour: Action, given: readonly ListName[], path: Path): Fault[] {
  const fitting = listsOf[behaviour]
  return given
    .filter((name) => !fitting.includes(name))
    .map((name) => ({
      path: [...path, name],
      key: true,
      message: `\`${name}\` says nothing about behaviour ${behaviour}`,
      fix:
        name === 'by'
          ? 'use binaries: who called is no part of an exec'
          : `use ${fitting.join(' or ')}, or a control of its own for ${behaviourOf(name)}`,
    }))
}

function behaviourOf(list: ListName): string {
  const behaviours = Object.entries(listsOf).filter(([, lists]) => lists.includes(list))
  return behaviours.map(([behaviour]) => behaviour).join(' or ')
}

function checkLists(selection: Selection, path: Path): Fault[] {
  return [
    ...patternLists.flatMap((name) => checkPatterns(selection[name], [...path, name])),
    ...(selection.destinations ?? []).flatMap((destination, index) =>
      checkDestination(destination, [...path, 'destinations', index]),
    ),
  ]
}

function checkDestination({ cidr, dns, ports = [] }: Destination, path: Path): Fault[] {
  const cidrFix =
    cidr !== undefined && /[a-z*]/i.test(cidr) && !cidr.includes(':')
      ? `write dns: ${cidr}`
      : 'write a block like 10.0.0.0/8 or 2001:db8::/32'
  return [
    ...(cidr === undefined ? [] : refusal(() => compileBlocks([cidr]), [...path, 'cidr'], cidrFix)),
    ...(dns === undefined ? [] : checkName(dns, [...path, 'dns'])),
    ...ports.flatMap((port, index) => (typeof port === 'string' ? checkRange(port, [...path, 'ports', index]) : [])),
  ]
}

function checkName(dns: string, path: Path): Fault[] {
  if (/^[\d.]+(\/\d+)?$/.test(dns) || dns.includes(':'))
    return [{ path, message: 'is no host name', fix: `write an address as cidr: ${dns}` }]
  if (/[\s/]/.test(dns))
    return [{ path, message: 'is no host name', fix: 'write the name alone, like api.example.com or *.example.com' }]
  if (dns.endsWith('.'))
    return [{ path, message: 'ends with a dot, which names in events never do', fix: `write ${dns.replace(/\.+$/, '')}` }]
  return refusal(() => compilePatterns([dns]), path, 'close the brace')
}

function checkRange(range: string, path: Path): Fault[] {
  const [from = 0, to = 0] = range.split('-').map(Number)
  if (to > 65_535) return [{ path, message: 'ports end at 65535', fix: `write "${Math.min(from, 65_535)}-65535"` }]
  return from > to ? [{ path, message: 'the range ends before it starts', fix: `write "${to}-${from}"` }] : []
}

function refusal(compile: () => unknown, path: Path, fix: string): Fault[] {
  try {
    compile()
    return []
  } catch (error) {
    if (!(error instanceof RunproofError)) throw error
    return [{ path, message: error.message, fix }]
  }
}
