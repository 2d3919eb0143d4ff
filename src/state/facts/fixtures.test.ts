// A host by recording: what its files hold and what its programs print, in the form that their documentation gives.
import type { Host, Outcome, Read, Run, Stat } from './host.ts'
import type { Network } from './net/network.ts'

type Printed = { readonly status?: number; readonly stdout?: string; readonly stderr?: string }

export type Recording = {
  readonly files?: Readonly<Record<string, string>>
  /** Command line, words joined by a space → what it prints. A program that no line names is not installed. */
  readonly commands?: Readonly<Record<string, Printed>>
  /** Links, by path; their target is not followed. */
  readonly links?: Readonly<Record<string, string>>
}

const read = (text: string): Read => ({ bytes: Buffer.from(text), size: Buffer.byteLength(text), cut: false })
const missing = async (): Promise<{ readonly errno: 'ENOENT' }> => ({ errno: 'ENOENT' })

export function recordedHost({ files = {}, commands = {}, links = {} }: Recording): Host & { readonly ran: readonly string[] } {
  const ran: string[] = []
  const paths = [...Object.keys(files), ...Object.keys(links)]
  const programs = new Set(Object.keys(commands).map((line) => line.split(' ', 1)[0]))
  const inFolder = (folder: string): readonly string[] => [
    ...new Set(
      paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split('/', 1)[0] ?? ''),
    ),
  ]
  const stat = async (path: string): Promise<Outcome<Stat>> => {
    const found = files[path] ?? links[path]
    if (found === undefined && inFolder(path).length === 0) return { errno: 'ENOENT' }
    const type = found === undefined ? 'directory' : files[path] === undefined ? 'symlink' : 'file'
    return { value: { mode: 0o644, type, uid: 0, gid: 0, size: found?.length ?? 0, mtime: 0 } }
  }
  return {
    ...{ name: 'recorded', architecture: 'x86_64', cwd: '/', home: '/root', uid: 0, ran },
    lstat: stat,
    stat,
    readlink: async (path) => (links[path] === undefined ? { errno: 'EINVAL' } : { value: links[path] }),
    realpath: async (path) => ({ value: path }),
    readFile: async (path) => (files[path] === undefined ? { errno: 'ENOENT' } : { value: read(files[path]) }),
    digest: missing,
    list: async (path) => (inFolder(path).length === 0 ? { errno: 'ENOENT' } : { value: inFolder(path).toSorted() }),
    statfs: missing,
    processes: async () => [],
    has: async (program) => programs.has(program),
    run: async (argv): Promise<Run> => {
      ran.push(argv.join(' '))
      const printed = commands[argv.join(' ')]
      if (printed === undefined) return programs.has(argv[0]) ? exited({ status: 1 }) : { kind: 'missing' }
      return exited(printed)
    },
    shell: async () => ({ kind: 'missing' }),
    network: {} as Network,
  }
}

function exited({ status = 0, stdout = '', stderr = '' }: Printed): Run {
  return { kind: 'exited', status, stdout: read(stdout), stderr: read(stderr) }
}
