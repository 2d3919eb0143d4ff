import type { AnswerOf, MountFact, QueryOf } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { errnoText, goError } from './go-errors.ts'

const PATH = '/proc/self/mountinfo'
const TABLE_LIMIT = 32 * 1024 * 1024
/** What Go makes of a number that is none. */
const GO_NOT_A_NUMBER = -9223372036854775808

/** Every mount of the session's namespace, in the kernel's order. */
export async function askMounts({ host }: Context): Promise<AnswerOf<'mounts'>> {
  const read = await host.readFile(PATH, TABLE_LIMIT)
  if ('errno' in read) return { error: goError('open', PATH, read.errno) }
  return read.value.cut ? { error: `read ${PATH}: too many mounts` } : { value: parseMounts(textOf(read.value)) }
}

/** Rows of mountinfo, proc(5): `id parent major:minor root mountpoint options [tags] - type source superoptions`. */
export function parseMounts(table: string): readonly MountFact[] {
  return table.split('\n').flatMap((line) => {
    const [front = '', back] = line.split(' - ', 2)
    if (back === undefined) return []
    const [, , , , mountpoint = '', options = ''] = front.split(' ')
    const [filesystem = '', source = '', superOptions = ''] = back.split(' ')
    return [
      {
        mountpoint: unescaped(mountpoint),
        options: [...new Set(optionsOf(options))],
        superOptions: optionsOf(superOptions),
        source: unescaped(source),
        filesystem: unescaped(filesystem),
      },
    ]
  })
}

/** Commas within quotes do not divide: SELinux contexts hold them. */
function optionsOf(text: string): readonly string[] {
  return text.match(/(?:[^,"]|"[^"]*"?)+/g) ?? []
}

/** The kernel writes space, tab, newline and backslash as `\ooo`. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  const plain = bytes.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
  return Buffer.from(plain, 'latin1').toString('utf8')
}

/** Percent used: what is not free for anybody, rounded as goss does; a filesystem without blocks gives what it gives there. */
export async function askUsage({ host }: Context, ask: QueryOf<'usage'>): Promise<AnswerOf<'usage'>> {
  const found = await host.statfs(ask.mountpoint, ask.timeoutMs)
  if ('errno' in found) return { error: errnoText(found.errno) }
  const { blocks, free } = found.value
  return { value: blocks === 0n ? GO_NOT_A_NUMBER : goRound((1 - Number(free) / Number(blocks)) * 100) }
}

/** Halves go away from zero. */
function goRound(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0
}
