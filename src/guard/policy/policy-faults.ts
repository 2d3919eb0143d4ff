import { RunproofError } from '../../../core/model/errors.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import type { Fault, Path } from '../../declare/problem.ts'
import { nearest } from '../../declare/suggest.ts'
import { alertTarget } from './alert-target.ts'
import { families, familyWords, foldSyscall } from './families.ts'
import { networkLists, pathLists, policyLimits, type Matching } from './model.ts'
import { networkEntry } from './network-entry.ts'
import { pathForms } from './path-pattern.ts'
import { isObject } from './schema.ts'
import { syscallNames } from './syscalls.ts'

/** What no schema can say about one document: entries that mean nothing, names that are none, too much of something. */
export function policyFaults(document: JsonValue, matching: Matching): readonly Fault[] {
  if (!isObject(document)) return []
  const { processes, alerts } = document
  return [
    ...(isObject(processes) ? processesFaults(processes, matching) : []),
    ...(isObject(alerts)
      ? ['on_violation', 'on_critical'].flatMap((name) => entries(alerts[name], ['alerts', name], alertTarget))
      : []),
  ]
}

function processesFaults(processes: { readonly [key: string]: JsonValue }, matching: Matching): readonly Fault[] {
  const names = Object.keys(processes)
  const many = names.length - policyLimits.processes
  const all = names.slice(0, policyLimits.processes).flatMap((name) => processFaults(name, processes[name], matching))
  if (many <= 0) return all
  const fix = `write at most ${policyLimits.processes}, or split them over policies for different hosts`
  return [...all, { path: ['processes'], key: true, message: `${names.length} processes`, fix }]
}

function processFaults(name: string, process: JsonValue | undefined, matching: Matching): readonly Fault[] {
  const at: Path = ['processes', name]
  const wrong = nameFault(name)
  const own: readonly Fault[] = wrong === null ? [] : [{ path: at, key: true, ...wrong }]
  if (!isObject(process)) return own
  const names = Array.isArray(process['names']) ? (process['names'] as readonly JsonValue[]) : []
  return [
    ...own,
    ...listFault(names, [...at, 'names'], policyLimits.names),
    ...names.slice(0, policyLimits.names).flatMap((other, index): readonly Fault[] => {
      const fault = typeof other === 'string' ? nameFault(other) : null
      return fault === null ? [] : [{ path: [...at, 'names', index], ...fault }]
    }),
    ...pathLists.flatMap((list) => entries(process[list], [...at, list], (entry) => pathForms(entry, matching))),
    // What the original never read may say what it likes there.
    ...(matching === 'compat' ? [] : networkLists.flatMap((list) => entries(process[list], [...at, list], networkEntry))),
    ...entries(process['blocked_syscalls'], [...at, 'blocked_syscalls'], (entry) => syscallEntry(entry, matching)),
  ]
}

/** A process is named as its executable's file is. */
function nameFault(name: string): { readonly message: string; readonly fix: string } | null {
  if (name === '') return { message: 'a process without a name', fix: "write the name of its executable's file" }
  if (name.includes('/'))
    return {
      message: 'a path where a process name belongs',
      fix: `write ${name.slice(name.lastIndexOf('/') + 1) || 'the name of the file'}`,
    }
  if (/[*?[\]{}]/.test(name))
    return { message: 'a pattern where a process name belongs', fix: 'write each name; an entry can have several: names: [a, b]' }
  return name.length > policyLimits.nameLength
    ? { message: `longer than ${policyLimits.nameLength} characters`, fix: 'no file has such a name: shorten it' }
    : null
}

function syscallEntry(entry: string, matching: Matching): void {
  if (families(entry, matching).length > 0) return
  const known = [...syscallNames(), ...(matching === 'strict' ? familyWords() : [])]
  const word = foldSyscall(entry, matching)
  const meant = nearest(word.replace(/^(?:sys_|__nr_)/, ''), known)
  const onlyStrict = matching === 'compat' && familyWords().includes(word)
  throw new RunproofError(
    'format.malformed',
    `is no system call of Linux; ${onlyStrict ? `with matching compat write its calls: ${families(word).join(', ')}` : meant === null ? 'see the list in docs/formats/guard-policy.md' : `did you mean \`${meant}\`?`}`,
  )
}

/** Reads each entry of a list of texts; whatever is not one the schema has told of. */
function entries(value: JsonValue | undefined, path: Path, read: (entry: string) => unknown): readonly Fault[] {
  if (!Array.isArray(value)) return []
  const list = value as readonly JsonValue[]
  const found = list.slice(0, policyLimits.entries).flatMap((entry, index): readonly Fault[] => {
    if (typeof entry !== 'string' || entry === '' || entry.length > policyLimits.entryLength) return []
    try {
      read(entry)
      return []
    } catch (error) {
      if (!(error instanceof RunproofError)) throw error
      const cut = error.message.indexOf('; ')
      return [{ path: [...path, index], message: error.message.slice(0, cut), fix: error.message.slice(cut + 2) }]
    }
  })
  return [...listFault(list, path, policyLimits.entries), ...found]
}

function listFault(list: readonly JsonValue[], path: Path, most: number): readonly Fault[] {
  if (list.length <= most) return []
  return [
    { path, key: true, message: `${list.length} entries, more than ${most}`, fix: 'write patterns for what belongs together' },
  ]
}
