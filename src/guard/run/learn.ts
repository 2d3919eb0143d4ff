import type { Attempt, Sighting, ViolationType } from '../model.ts'
import { families } from '../policy/families.ts'
import type { GuardPolicy } from '../policy/model.ts'
import { collapseDestinations, collapsePaths, type Collapsed } from './collapse.ts'

/** What a process was seen to do, with counts. */
type Seen = {
  readonly exec: Map<string, number>
  readonly file: Map<string, number>
  readonly network: Map<string, number>
  readonly syscall: Map<string, number>
  megabytes: number
  percent: number
  events: number
}

export type LearnedFrom = {
  /** In words: `observed for 60 s with tracefs`. */
  readonly how: string
  /** What could be seen at all: of what could not, nothing is said. */
  readonly visible: ReadonlySet<ViolationType>
  /** Events that were lost meanwhile; null: nobody counted. */
  readonly lost: number | null
}

/** System calls that a process which never made them can do without, by family. */
const withheld = [
  'ptrace',
  'module',
  'kexec',
  'mount',
  'pivot_root',
  'bpf',
  'setns',
  'unshare',
  'io_uring',
  'setuid',
  'setgid',
  'capset',
  'exec',
  'fork',
] as const

const withheldCalls: ReadonlySet<string> = new Set(withheld.flatMap((family) => families(family)))

/** More different paths than that of one process are not kept: a policy of that many nobody reads. */
const MOST = 10_000

/** Gathers what processes do and writes the least policy under which they could have done it. */
export class Learner {
  private readonly seen = new Map<string, Seen>()
  private readonly lists: (name: string) => string | null
  /** Paths and destinations beyond the bound. */
  dropped = 0

  /** `lists`: under which name a process is learned; null: not at all. */
  constructor(lists: (name: string) => string | null) {
    this.lists = lists
  }

  get processes(): number {
    return this.seen.size
  }

  add({ actor, attempt }: Pick<Sighting, 'actor' | 'attempt'>): void {
    const name = this.lists(actor.name)
    if (name === null || name === '') return
    const seen = this.seen.get(name) ?? nothing()
    this.seen.set(name, seen)
    seen.events += 1
    this.count(seen, attempt)
  }

  /** A policy as YAML, with what it rests on as comments. */
  policy({ how, visible, lost }: LearnedFrom): string {
    const lines = [
      `# Learned: ${how}${lost === null ? '; nobody counted what was missed' : lost > 0 ? `; ${lost} events were lost meanwhile` : '; no event was lost'}.`,
      '# It allows what was seen and nothing else: what happens once a month is not in it. Read it before you use it.',
      ...(this.dropped > 0 ? [`# ${this.dropped} more paths and destinations were seen than it holds.`] : []),
      "version: '1.0'",
      'mode: audit',
      'processes:',
      ...[...this.seen].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, seen]) => entryOf(name, seen, visible)),
    ]
    return `${lines.join('\n')}\n`
  }

  private count(seen: Seen, attempt: Attempt): void {
    switch (attempt.type) {
      case 'exec':
        return this.up(seen.exec, attempt.path)
      case 'file':
        return this.up(seen.file, attempt.path)
      case 'network': {
        const address = attempt.address.includes(':') ? `[${attempt.address}]` : attempt.address
        return this.up(seen.network, `${address}:${attempt.port}`)
      }
      case 'syscall':
        return this.up(seen.syscall, attempt.name)
      case 'memory':
        seen.megabytes = Math.max(seen.megabytes, attempt.megabytes)
        return
      case 'cpu':
        seen.percent = Math.max(seen.percent, attempt.percent)
    }
  }

  private up(counts: Map<string, number>, key: string): void {
    const before = counts.get(key)
    if (before === undefined && counts.size >= MOST) this.dropped += 1
    else counts.set(key, (before ?? 0) + 1)
  }
}

/** A policy under which everything that these processes do is a violation, so that every sensor tells all of it. */
export function learningPolicy(names: readonly string[], withDescendants: boolean): GuardPolicy {
  const entry = {
    ...(withDescendants && { descendants: true }),
    allowed_exec: ['/nothing'],
    blocked_syscalls: [...withheld],
    blocked_files: ['/**'],
    blocked_network: ['0.0.0.0/0', '[::/0]'],
    max_memory_mb: 0.001,
    max_cpu_percent: 0.001,
  }
  return {
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    processes: Object.fromEntries(names.map((name) => [name, entry])),
    alerts: { on_violation: [], on_critical: [] },
  }
}

function entryOf(name: string, seen: Seen, visible: ReadonlySet<ViolationType>): readonly string[] {
  const unseen = (['exec', 'syscall', 'file', 'network', 'resource'] as const).filter((type) => !visible.has(type))
  return [
    `  ${JSON.stringify(name)}:`,
    `    # ${seen.events} events${unseen.length > 0 ? `; not visible, and so not restricted: ${unseen.join(', ')}` : ''}`,
    ...(visible.has('exec') && seen.exec.size > 0 ? listOf('allowed_exec', collapsePaths(absolute(seen.exec))) : []),
    ...(visible.has('syscall') ? callsOf(seen, visible) : []),
    ...(visible.has('file') && seen.file.size > 0 ? listOf('allowed_files', collapsePaths(absolute(seen.file))) : []),
    ...(visible.has('network') ? listOf('allowed_network', collapseDestinations(seen.network)) : []),
    ...limitsOf(seen, visible),
  ]
}

/** Families of which no call was seen. A process that ran a program, or made one, made the calls for it whether they were seen or not. */
function callsOf({ syscall, exec }: Seen, visible: ReadonlySet<ViolationType>): readonly string[] {
  const made = (family: string): boolean => families(family).some((name) => syscall.has(name))
  const ran = exec.size > 0 || !visible.has('exec')
  const free = withheld.filter((family) => !made(family) && !(ran && (family === 'exec' || family === 'fork')))
  const used = [...syscall].filter(([name]) => withheldCalls.has(name)).map(([name, count]) => `${name} ${count}×`)
  return [
    ...(used.length > 0 ? [`    # made, and so not blocked: ${used.join(', ')}`] : []),
    `    blocked_syscalls: [${free.join(', ')}]`,
  ]
}

function listOf(list: string, entries: readonly Collapsed[]): readonly string[] {
  if (entries.length === 0) return [`    ${list}: []`]
  const width = Math.min(60, Math.max(...entries.map(({ entry }) => JSON.stringify(entry).length)))
  return [`    ${list}:`, ...entries.map((entry) => `      - ${JSON.stringify(entry.entry).padEnd(width)} # ${basis(entry)}`)]
}

function basis({ entry, count, from }: Collapsed): string {
  if (from.length === 1 && from[0] === entry) return `${count}×`
  const shown = from
    .slice(0, 3)
    .map((one) => JSON.stringify(one))
    .join(', ')
  return `${count}×, collapsed from ${from.length}: ${shown}${from.length > 3 ? ', …' : ''}`
}

/** Half as much again as the most that was measured. */
function limitsOf({ megabytes, percent }: Seen, visible: ReadonlySet<ViolationType>): readonly string[] {
  if (!visible.has('resource')) return []
  return [
    ...(megabytes > 0 ? [`    max_memory_mb: ${Math.ceil(megabytes * 1.5)} # ${megabytes} at most`] : []),
    ...(percent > 0 ? [`    max_cpu_percent: ${Math.ceil(percent * 1.5)} # ${percent} at most`] : []),
  ]
}

/** What nobody knows the beginning of cannot be allowed by name. */
function absolute(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts].filter(([path]) => path.startsWith('/')))
}

function nothing(): Seen {
  return { exec: new Map(), file: new Map(), network: new Map(), syscall: new Map(), megabytes: 0, percent: 0, events: 0 }
}
