import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../lib/io/durable-file.ts'

/** One message that waits to be sent. `id` grows with time and is never used twice. */
export type Message = { readonly id: string; readonly body: string }

export type OutboxLimits = { readonly messages: number; readonly bytes: number; readonly dead: number }

/** Enough for a receiver that is down for a night, and not enough to fill a disk. */
export const outboxLimits: OutboxLimits = { messages: 1000, bytes: 64 * 1024 * 1024, dead: 100 }

type Waiting = { readonly id: string; readonly size: number; readonly body: string | null }

/**
 * Messages for one receiver, in order, bounded: past its limits the oldest gives way, counted. With a folder they outlive the process, and what
 * was given up is kept apart for people to look at.
 */
export class Outbox {
  private readonly folder: string | null
  private readonly limits: OutboxLimits
  private readonly waiting: Waiting[] = []
  private bytes = 0
  private counter = 0
  /** Messages that gave way unsent, since the program started. */
  dropped = 0

  constructor(folder: string | null, limits: OutboxLimits = outboxLimits) {
    this.folder = folder
    this.limits = limits
    if (folder !== null) this.open(folder)
  }

  get size(): number {
    return this.waiting.length
  }

  /** @throws what the file system throws: then nothing was kept */
  add(body: string, nowMs: number): void {
    const size = Buffer.byteLength(body)
    const id = `${String(nowMs).padStart(15, '0')}-${String(this.counter++).padStart(6, '0')}`
    if (this.folder !== null) replaceFile(this.fileOf(id), body, 0o600)
    this.waiting.push({ id, size, body: this.folder === null ? body : null })
    this.bytes += size
    while (this.waiting.length > this.limits.messages || this.bytes > this.limits.bytes) {
      const [oldest] = this.waiting
      if (oldest === undefined) return
      this.dropped++
      this.remove(oldest.id)
    }
  }

  /** The oldest message; null when there is none. */
  first(): Message | null {
    for (let [oldest] = this.waiting; oldest !== undefined; [oldest] = this.waiting) {
      const body = oldest.body ?? this.bodyOf(oldest.id)
      if (body !== null) return { id: oldest.id, body }
      // Somebody took the file away.
      this.remove(oldest.id)
    }
    return null
  }

  /** It was sent. */
  remove(id: string): void {
    this.forget(id)
    if (this.folder !== null) rmSync(this.fileOf(id), { force: true })
  }

  /** It is given up. */
  bury(id: string): void {
    if (this.folder === null) return this.remove(id)
    this.forget(id)
    const grave = join(this.folder, 'dead')
    mkdirSync(grave, { recursive: true, mode: 0o700 })
    renameSync(this.fileOf(id), join(grave, `${id}.json`))
    const dead = readdirSync(grave).sort()
    for (const name of dead.slice(0, Math.max(0, dead.length - this.limits.dead))) rmSync(join(grave, name), { force: true })
  }

  private forget(id: string): void {
    const at = this.waiting.findIndex((message) => message.id === id)
    const [gone] = at < 0 ? [] : this.waiting.splice(at, 1)
    this.bytes -= gone?.size ?? 0
  }

  private open(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder).sort()) {
      const [, id] = /^(\d{15}-\d{6})\.json$/.exec(name) ?? []
      if (id === undefined) continue
      const { size } = statSync(this.fileOf(id))
      this.waiting.push({ id, size, body: null })
      this.bytes += size
    }
  }

  private bodyOf(id: string): string | null {
    try {
      return readFileSync(this.fileOf(id), 'utf8')
    } catch {
      return null
    }
  }

  private fileOf(id: string): string {
    return join(this.folder ?? '', `${id}.json`)
  }
}
