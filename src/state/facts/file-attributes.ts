import type { Answer } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import { goError } from './go-errors.ts'
import type { Host, Outcome, Run, Stat } from './host.ts'

/** File capabilities as `getcap` prints them behind the path; empty: none. */
export async function capabilitiesOf(host: Host, path: string, stat: Outcome<Stat>): Promise<Answer<string>> {
  if ('errno' in stat) return { error: goError('lstat', path, stat.errno) }
  const run = await host.run(['getcap', path])
  if (run.kind !== 'exited') return { error: `capabilities of ${path}: ${whyNot('getcap', run)}` }
  const printed = textOf(run.stdout).trim()
  // getcap reports what it cannot read on standard error and still ends with 0.
  if (printed === '' && run.stderr.size > 0) return { error: textOf(run.stderr).trim() }
  return { value: printed.startsWith(path) ? printed.slice(path.length).replace(/^\s*=?\s*/, '') : printed }
}

/** The SELinux label. A host without SELinux has none, which is an error and not an empty label. */
export async function labelOf(host: Host, path: string, stat: Outcome<Stat>): Promise<Answer<string>> {
  if ('errno' in stat) return { error: goError('lstat', path, stat.errno) }
  const run = await host.run(['stat', '-c', '%C', path])
  if (run.kind !== 'exited') return { error: `SELinux label of ${path}: ${whyNot('stat', run)}` }
  const label = textOf(run.stdout).trim()
  return run.status === 0 && label !== '' && label !== '?' && label !== '%C' && label.includes(':')
    ? { value: label }
    : { error: `SELinux label of ${path}: the host has none for it` }
}

/** Why a program that was needed gave no answer. */
export function whyNot(program: string, run: Exclude<Run, { kind: 'exited' }>): string {
  switch (run.kind) {
    case 'missing':
      return `${program} is not installed there`
    case 'timeout':
      return `${program} did not end in time`
    case 'failed':
      return `${program}: ${run.message}`
  }
}
