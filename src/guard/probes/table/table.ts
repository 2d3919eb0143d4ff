import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { RunproofError } from '../../../../core/model/errors.ts'
import { pollingProbe, type Changes, type Listed, type ProcessList } from '../polling.ts'
import type { BlindSpot, Probe } from '../probe.ts'
import { psTable, tasklistTable, wmiTable, type Table } from './parse.ts'

export type TableOptions = {
  readonly platform?: NodeJS.Platform
  readonly lookMs?: number
  readonly beatMs?: number
  readonly run?: Run
}
/** Runs a program and resolves to what it prints. */
export type Run = (program: string, argv: readonly string[]) => Promise<string>

/**
 * Watches by what the operating system's own command prints about processes: for macOS and Windows. Made after recorded output, not
 * tried on either. @throws RunproofError `usage` on a system whose command we do not know
 */
export function tableProbe({ platform = process.platform, lookMs = 1000, beatMs = 1000, run = ran }: TableOptions = {}): Probe {
  return pollingProbe({ kind: 'table', list: commandList(commandOf(platform), run), lookMs, beatMs, blindSpots })
}

const blindSpots: readonly BlindSpot[] = [
  { id: 'short', what: 'processes that begin and end between two looks; nobody counts them on this system', isCatalogued: true },
  { id: 'syscalls', what: 'system calls, but that a process was made', isCatalogued: true },
  { id: 'files', what: 'which files are opened', isCatalogued: true },
  { id: 'network', what: 'connections', isCatalogued: true },
  { id: 'untried', what: 'this probe was made after recorded output and never tried on this system', isCatalogued: true },
]

type TableCommand = { readonly program: string; readonly argv: readonly string[]; readonly read: (text: string) => Table }

const columns = 'ProcessId,ParentProcessId,CreationDate,ExecutablePath,Name'
const wmi = `Get-CimInstance Win32_Process | Select-Object ${columns} | ConvertTo-Csv -NoTypeInformation`

const ps: TableCommand = { program: 'ps', argv: ['-axww', '-o', 'pid=,ppid=,uid=,lstart=,comm='], read: psTable }
const commands: ReadonlyMap<NodeJS.Platform, readonly TableCommand[]> = new Map<NodeJS.Platform, readonly TableCommand[]>([
  ['darwin', [ps]],
  ['freebsd', [ps]],
  ['openbsd', [ps]],
  [
    'win32',
    [
      { program: 'powershell.exe', argv: ['-NoProfile', '-NonInteractive', '-Command', wmi], read: wmiTable },
      { program: 'tasklist.exe', argv: ['/fo', 'csv', '/nh'], read: tasklistTable },
    ],
  ],
])

function commandOf(platform: NodeJS.Platform): readonly TableCommand[] {
  const known = commands.get(platform)
  if (known === undefined)
    throw new RunproofError('usage', `nobody told us how ${platform} lists its processes; on Linux use --sensor auto`)
  return known
}

/** The first command that works is the one that is used. */
function commandList(commands: readonly TableCommand[], run: Run): ProcessList {
  let known = new Map<string, Listed>()
  let chosen: TableCommand | null = null
  const tableNow = async (): Promise<Table> => {
    let why: unknown = null
    for (const command of chosen === null ? commands : [chosen]) {
      try {
        const table = command.read(await run(command.program, command.argv))
        if (table.processes.length === 0) throw new Error(`${command.program} printed nothing that we can read`)
        chosen = command
        return table
      } catch (error) {
        why = error
      }
    }
    throw why
  }
  return {
    forks: () => null,
    async look(): Promise<Changes> {
      const { processes } = await tableNow()
      const now = new Map(processes.map((process) => [`${process.process} ${process.executable}`, process]))
      const appeared = [...now].filter(([key]) => !known.has(key)).map(([, process]) => process)
      const gone = [...known].filter(([key]) => !now.has(key)).map(([, process]) => process)
      known = now
      return { appeared, gone }
    },
  }
}

const execute = promisify(execFile)

async function ran(program: string, argv: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, [...argv], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 30_000,
    windowsHide: true,
  })
  return stdout
}
