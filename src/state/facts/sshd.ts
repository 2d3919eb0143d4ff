import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { whyNot } from './file-attributes.ts'

/** What sshd would really do, `Match` blocks applied for the connection that `context` describes (`user=ops,addr=192.0.2.9`). */
export async function askSshd({ host }: Context, { context }: QueryOf<'sshd'>): Promise<AnswerOf<'sshd'>> {
  const run = await host.run(['sshd', '-T', ...(context === null ? [] : ['-C', context])])
  if (run.kind !== 'exited') return { error: `sshd -T: ${whyNot('sshd', run)}` }
  if (run.status !== 0) return { error: `sshd -T ended with ${run.status}: ${textOf(run.stderr).trim().slice(0, 500)}` }
  return { value: parseSshd(textOf(run.stdout)) }
}

/** `keyword value`, one per line; a keyword may come again. */
export function parseSshd(printed: string): Readonly<Record<string, readonly string[]>> {
  const pairs = printed.split('\n').flatMap((line) => {
    const [keyword = '', ...value] = line.trimEnd().split(' ')
    return keyword === '' ? [] : [[keyword.toLowerCase(), value.join(' ')] as const]
  })
  const grouped = Map.groupBy(pairs, ([keyword]) => keyword)
  return Object.fromEntries([...grouped].map(([keyword, all]) => [keyword, all.map(([, value]) => value)]))
}
