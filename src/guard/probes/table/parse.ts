import type { Listed } from '../polling.ts'

/** What a system prints about its processes, as processes; lines that are none are counted. */
export type Table = { readonly processes: readonly Listed[]; readonly unreadable: number }

const psLine = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\w{3} \w{3}\s+\d{1,2} \d\d:\d\d:\d\d \d{4})\s+(\S.*)$/

/** `ps -axww -o pid=,ppid=,uid=,lstart=,comm=` of macOS and the BSDs: the last column is the whole path of the program there. */
export function psTable(text: string): Table {
  return tableOf(
    text.split('\n').filter((line) => line.trim() !== ''),
    (line) => {
      const [, pid, parent, uid, start = '', program = ''] = psLine.exec(line.trimEnd()) ?? []
      if (pid === undefined) return null
      return listed({ pid: Number(pid), parent: Number(parent), start: start.replaceAll(/\s+/g, ' '), uid: Number(uid), program })
    },
  )
}

/**
 * `Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CreationDate,ExecutablePath,Name | ConvertTo-Csv
 * -NoTypeInformation` of Windows.
 */
export function wmiTable(text: string): Table {
  const [head = '', ...lines] = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  const names = cells(head)
  const column = (row: readonly string[], name: string): string => row[names.indexOf(name)] ?? ''
  return tableOf(lines, (line) => {
    const row = cells(line)
    const [pid, parent] = [column(row, 'ProcessId'), column(row, 'ParentProcessId')]
    if (!/^\d+$/.test(pid) || !/^\d+$/.test(parent)) return null
    // Policies are written with slashes; a program that may not be looked at has a name only.
    const program = (column(row, 'ExecutablePath') || column(row, 'Name')).replaceAll('\\', '/')
    return listed({ pid: Number(pid), parent: Number(parent), start: column(row, 'CreationDate'), uid: null, program })
  })
}

/** `tasklist /fo csv /nh` of Windows: no more than names and ids. */
export function tasklistTable(text: string): Table {
  return tableOf(
    text.split(/\r?\n/).filter((line) => line.trim() !== ''),
    (line) => {
      const [name = '', pid = ''] = cells(line)
      return /^\d+$/.test(pid) && name !== ''
        ? listed({ pid: Number(pid), parent: 0, start: '', uid: null, program: name })
        : null
    },
  )
}

function tableOf(lines: readonly string[], read: (line: string) => Listed | null): Table {
  const processes = lines.map(read).filter((process) => process !== null)
  return { processes, unreadable: lines.length - processes.length }
}

type Row = {
  readonly pid: number
  readonly parent: number
  readonly start: string
  readonly uid: number | null
  readonly program: string
}

function listed({ pid, parent, start, uid, program }: Row): Listed {
  const isPath = program.startsWith('/') || /^[A-Za-z]:\//.test(program)
  return {
    pid,
    parent,
    process: `table:${pid}:${start || program}`,
    executable: isPath ? program : null,
    comm: program.slice(program.lastIndexOf('/') + 1),
    uid,
    cgroup: null,
    commandLine: null,
  }
}

/** The cells of one line of CSV (RFC 4180, without line breaks in cells). */
function cells(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  )
}
