import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../reason.ts'
import { statOf } from '../procfs/read.ts'
import { eventFormat, pageFormat, type EventFormat, type PageFormat } from './format.ts'
import { unusable } from './mount.ts'
import { readPage, type Taken } from './page.ts'

/** What a ring buffer took in and lost since it was made. */
export type Counts = { readonly received: number; readonly dropped: number }

/** Pages of one CPU that are read in one go, so that a flood on one does not keep others waiting. */
const PAGES_AT_ONCE = 512

/** A ring buffer of our own beside everybody else's tracing; its name says whose it is, so that a dead owner's can be removed. */
export class Instance {
  readonly name: string
  private readonly root: string
  private readonly folder: string
  private readonly buffers: readonly { readonly file: number; readonly stats: string }[]
  private readonly format: PageFormat
  private readonly page: Buffer
  private readonly probes: string[] = []

  /** @throws RunproofError `file.unreadable` */
  constructor(root: string, bufferKb: number) {
    this.root = root
    this.name = ownName()
    this.folder = join(root, 'instances', this.name)
    try {
      mkdirSync(this.folder)
      this.put('tracing_on', '0')
      // Nanoseconds of CLOCK_MONOTONIC, which process.hrtime tells, too.
      this.put('trace_clock', 'mono')
      this.put('buffer_size_kb', String(bufferKb))
      this.format = pageFormat(readFileSync(join(root, 'events', 'header_page'), 'utf8'))
      this.buffers = readdirSync(join(this.folder, 'per_cpu'))
        .filter((cpu) => /^cpu\d+$/.test(cpu))
        .map((cpu) => ({
          file: openSync(join(this.folder, 'per_cpu', cpu, 'trace_pipe_raw'), constants.O_RDONLY | constants.O_NONBLOCK),
          stats: join(this.folder, 'per_cpu', cpu, 'stats'),
        }))
    } catch (cause) {
      throw unusable(`an instance cannot be made: ${reasonOf(cause)}`, cause)
    }
    this.page = Buffer.alloc(this.format.bytes)
  }

  /** Switches an event on, or narrows it; its layout, or why it cannot be. */
  enable(event: string, filter: string | null = null): EventFormat | string {
    try {
      const format = eventFormat(readFileSync(join(this.folder, 'events', event, 'format'), 'utf8'))
      if (filter !== null) this.put(`events/${event}/filter`, filter)
      this.put(`events/${event}/enable`, '1')
      return format
    } catch (error) {
      return reasonOf(error)
    }
  }

  disable(event: string): void {
    attempt(() => this.put(`events/${event}/enable`, '0'))
  }

  /** Makes an event probe that reads what an event's pointers point to; why not, where the kernel has none of these. */
  addProbe(name: string, event: string, fields: string): string | null {
    const probe = this.probeEvent(name)
    if (this.probes.includes(probe)) return null
    try {
      writeFileSync(join(this.root, 'dynamic_events'), `e:${probe} ${event} ${fields}\n`, { flag: 'a' })
      this.probes.push(probe)
      return null
    } catch (error) {
      return reasonOf(error)
    }
  }

  /** The event that `addProbe` made. */
  probeEvent(name: string): string {
    return `${this.name.replaceAll('-', '_')}/${name}`
  }

  switchOn(): void {
    this.put('tracing_on', '1')
  }

  /** All events that are there; true when more may be waiting. */
  read(take: Taken): boolean {
    let isMore = false
    for (const { file } of this.buffers) {
      let pages = 0
      while (pages < PAGES_AT_ONCE && this.readPage(file)) {
        pages++
        readPage(this.page, this.format, take)
      }
      isMore ||= pages === PAGES_AT_ONCE
    }
    return isMore
  }

  /** Exact: what the kernel counted itself, of every CPU. */
  counts(): Counts {
    let [received, dropped] = [0, 0]
    for (const { stats } of this.buffers) {
      const lines = readFileSync(stats, 'utf8')
      const lost = countIn(lines, 'overrun') + countIn(lines, 'commit overrun') + countIn(lines, 'dropped events')
      received += countIn(lines, 'entries') + countIn(lines, 'read events') + lost
      dropped += lost
    }
    return { received, dropped }
  }

  /** Takes everything back out of the kernel. */
  remove(): void {
    attempt(() => this.put('tracing_on', '0'))
    attempt(() => this.put('events/enable', '0'))
    for (const { file } of this.buffers) attempt(() => closeSync(file))
    attempt(() => rmdirSync(this.folder))
    for (const probe of this.probes)
      attempt(() => writeFileSync(join(this.root, 'dynamic_events'), `-:${probe}\n`, { flag: 'a' }))
  }

  private readPage(file: number): boolean {
    try {
      return readSync(file, this.page, 0, this.page.length, null) > 0
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false
      throw error
    }
  }

  private put(name: string, value: string): void {
    writeFileSync(join(this.folder, name), value)
  }
}

/** Removes the instances and event probes of owners that are dead, and says which; those of other process namespaces are not ours to judge. */
export function removeStale(root: string): readonly string[] {
  const stale = readdirSync(join(root, 'instances')).filter(isStale)
  for (const name of stale) {
    const folder = join(root, 'instances', name)
    attempt(() => writeFileSync(join(folder, 'events', 'enable'), '0'))
    attempt(() => rmdirSync(folder))
  }
  attempt(() => {
    const probes = readFileSync(join(root, 'dynamic_events'), 'utf8').matchAll(/^e:(runproof_\d+_\d+_\d+(?:_\d+)?)\/(\w+)/gm)
    for (const [, group = '', name] of probes)
      if (isStale(group.replaceAll('_', '-')))
        attempt(() => writeFileSync(join(root, 'dynamic_events'), `-:${group}/${name}\n`, { flag: 'a' }))
  })
  return stale
}

function ownName(): string {
  made += 1
  return ['runproof', namespaceId(), process.pid, statOf(process.pid)?.startTicks ?? 0].join('-') + (made > 1 ? `-${made}` : '')
}
let made = 0

function isStale(name: string): boolean {
  const [, namespace, pid, start] = /^runproof-(\d+)-(\d+)-(\d+)(?:-\d+)?$/.exec(name) ?? []
  if (namespace === undefined || namespace !== namespaceId()) return false
  return String(statOf(Number(pid))?.startTicks ?? '') !== start
}

function namespaceId(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

function countIn(stats: string, name: string): number {
  return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(stats)?.[1] ?? 0)
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // What is gone already, or is in use by somebody who will let go of it, needs nothing more from us.
  }
}
