import type { AnswerOf, ProcessFact } from '../model/fact.ts'
import type { Context } from './context.ts'
import type { RawProcess } from './host.ts'

/** Every process, zombies too, by number. */
export async function askProcesses({ host }: Context): Promise<AnswerOf<'processes'>> {
  const processes = await host.processes()
  if (processes.length === 0) return { error: 'open /proc: no process is visible there' }
  return { value: processes.map(parseProcess).toSorted((a, b) => a.pid - b.pid) }
}

/** `comm` as goss takes it: from the first bracket to the first that closes. `uid`: the real user. */
export function parseProcess({ pid, stat, status, commandLine }: RawProcess): ProcessFact {
  const from = stat.indexOf('(') + 1
  const to = stat.indexOf(')', from)
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1)
  // Arguments end with NUL; a program that overwrote its own line leaves none.
  const args = commandLine.replace(/\0+$/, '')
  return { pid, comm: stat.slice(from, Math.max(from, to)), uid, commandLine: args === '' ? [] : args.split('\0') }
}
