import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { RunproofError } from '../../../core/model/errors.ts'
import { utf8 } from '../../../core/proof/bytes.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { replaceFile } from '../../lib/io/durable-file.ts'
import { MarkSchema, type Mark } from './mark.ts'

const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const sequence = z.int().check(z.gte(0))
const stream = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))

const StateSchema = z.strictObject({
  format: z.literal('runproof.forward.state.v1'),
  stream,
  /** The last batch that the service acknowledged; 0: none of this stream. */
  acknowledged: sequence,
  /** SHA-256 of its header; null: none. */
  digest: z.nullable(digest),
  /** How far the log had been read when that batch was made. */
  mark: z.nullable(MarkSchema),
  /** When the last batches were made, of those that were acknowledged: bounds for what a service that forgot them lacks. */
  made: z.array(z.tuple([sequence, z.string()])).check(z.maxLength(100)),
})
type State = z.infer<typeof StateSchema>

const EntrySchema = z.strictObject({
  seq: sequence,
  /** SHA-256 of the header's bytes: what the next header names. */
  digest,
  /** The signed header as it is sent. */
  envelope: z.string(),
  encoding: z.enum(['identity', 'gzip', 'zstd']),
  count: z.int().check(z.gte(0)),
  createdAt: z.string(),
  bodySha256: digest,
  mark: z.nullable(MarkSchema),
})
export type Entry = Readonly<z.infer<typeof EntrySchema>>
/** A batch as it lies in the spool and is sent, again and again, byte for byte. */
export type Batch = Entry & { readonly body: Uint8Array }
/** Lines that are packed and not yet signed. */
export type Packed = Pick<Batch, 'body' | 'encoding' | 'count' | 'mark'>
export type Restreaming = {
  readonly first: Packed | null
  readonly make: (packed: Packed, after: Link) => Promise<Batch>
  readonly lost: () => Promise<Packed>
}
export type Link = { readonly seq: number; readonly digest: string | null }

/**
 * Signed batches on disk, in order, with how far the log was read for each, so that one file is both the batch and the memory of what
 * was read. Durable when a call returns. Bounded: who would go over the bound is told so and keeps what they have.
 */
export class Spool {
  private readonly folder: string
  private state: State
  /** Bytes of each batch that waits, by number, in order. */
  private waiting: Map<number, number>
  private last: Link
  private lastMark: Mark | null

  /** @throws RunproofError `file.unreadable` for a memory that is damaged: nothing is forgotten silently */
  constructor(folder: string, newStream: () => string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.state = readState(this.statePath) ?? this.first(newStream())
    for (const name of readdirSync(folder).filter((name) => name.startsWith('stream-'))) {
      if (name !== `stream-${this.state.stream}`) rmSync(join(folder, name), { recursive: true, force: true })
    }
    mkdirSync(this.streamFolder(), { recursive: true, mode: 0o700 })
    this.waiting = new Map(this.found())
    const newest = [...this.waiting.keys()].at(-1)
    const entry = newest === undefined ? null : this.read(newest)
    this.last = { seq: entry?.seq ?? this.state.acknowledged, digest: entry?.digest ?? this.state.digest }
    this.lastMark = this.newestMark()
  }

  get stream(): string {
    return this.state.stream
  }

  /** The batch that the next one follows. */
  get link(): Link {
    return this.last
  }

  get acknowledged(): number {
    return this.state.acknowledged
  }

  /** How far the log was read, as far as that is durable. */
  get mark(): Mark | null {
    return this.lastMark
  }

  get batches(): number {
    return this.waiting.size
  }

  get bytes(): number {
    let sum = 0
    for (const bytes of this.waiting.values()) sum += bytes
    return sum
  }

  /** Remembers where the log begins, before anything of it is in a batch: it may be rotated away before that. */
  begin(mark: Mark): void {
    if (this.lastMark !== null) return
    this.save({ ...this.state, mark })
    this.lastMark = mark
  }

  /** Puts a batch behind the others. */
  put({ body, ...entry }: Batch): void {
    const content = contentOf({ body, ...entry })
    replaceFile(this.path(entry.seq), content, 0o600)
    this.waiting.set(entry.seq, content.length)
    this.last = { seq: entry.seq, digest: entry.digest }
    this.lastMark = entry.mark ?? this.lastMark
  }

  /** The batch to be sent next; null when none waits. @throws RunproofError `file.unreadable` when the disk gives back something else */
  next(): Batch | null {
    const [seq] = this.waiting.keys()
    return seq === undefined ? null : this.read(seq)
  }

  /** All up to this number are the service's. */
  acknowledge(seq: number): void {
    for (const waiting of [...this.waiting.keys()].filter((each) => each <= seq)) {
      const entry = this.read(waiting)
      const made = [...this.state.made, [waiting, entry.createdAt] as const].slice(-100) as State['made']
      const mark = entry.mark ?? this.state.mark
      this.save({ ...this.state, acknowledged: waiting, digest: entry.digest, mark, made })
      rmSync(this.path(waiting))
      this.waiting.delete(waiting)
    }
  }

  /** When the first batch from this number on was made, of those that were acknowledged, or a moment before it; null: nobody knows. */
  madeSince(seq: number): string | null {
    const { made } = this.state
    return (made.findLast(([each]) => each < seq) ?? made[0])?.[1] ?? null
  }

  /**
   * All that waits, behind `first`, as another stream; `make` makes each batch anew, `lost` stands for those that the disk gives back
   * damaged. Whole or not at all.
   */
  async restream(name: string, { first, make, lost }: Restreaming): Promise<void> {
    const folder = this.streamFolder(name)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    let link: Link = { seq: 0, digest: null }
    const sizes = new Map<number, number>()
    const add = async (packed: Packed): Promise<void> => {
      const batch = await make(packed, link)
      const content = contentOf(batch)
      replaceFile(join(folder, nameOf(batch.seq)), content, 0o600)
      sizes.set(batch.seq, content.length)
      link = { seq: batch.seq, digest: batch.digest }
    }
    if (first !== null) await add(first)
    for (const seq of this.waiting.keys()) await add(this.readable(seq) ?? (await lost()))
    const old = this.streamFolder()
    this.save({ ...this.state, stream: name, acknowledged: 0, digest: null, made: [] })
    this.waiting = sizes
    this.last = link
    rmSync(old, { recursive: true, force: true })
  }

  private readable(seq: number): Batch | null {
    try {
      return this.read(seq)
    } catch (error) {
      if (error instanceof RunproofError) return null
      throw error
    }
  }

  private first(name: string): State {
    if (readdirSync(this.folder).some((file) => file.startsWith('stream-'))) throw damaged(this.statePath, 'it is missing')
    const state = {
      format: 'runproof.forward.state.v1',
      stream: name,
      acknowledged: 0,
      digest: null,
      mark: null,
      made: [],
    } as const
    replaceFile(this.statePath, JSON.stringify(state), 0o600)
    return { ...state, made: [] }
  }

  private save(state: State): void {
    replaceFile(this.statePath, JSON.stringify(state), 0o600)
    this.state = state
  }

  private newestMark(): Mark | null {
    for (const seq of [...this.waiting.keys()].reverse()) {
      const { mark } = this.read(seq)
      if (mark !== null) return mark
    }
    return this.state.mark
  }

  /** Those up to the acknowledged one were left by a crash between remembering and removing. */
  private found(): readonly (readonly [number, number])[] {
    const folder = this.streamFolder()
    const entries: (readonly [number, number])[] = []
    for (const name of readdirSync(folder).sort()) {
      const seq = Number(/^(\d{12})\.batch$/.exec(name)?.[1] ?? 0)
      if (seq > this.state.acknowledged) entries.push([seq, statSync(join(folder, name)).size])
      else rmSync(join(folder, name), { force: true })
    }
    return entries
  }

  private read(seq: number): Batch {
    const path = this.path(seq)
    const content = readFileSync(path)
    const end = content.indexOf(0x0a)
    const body = new Uint8Array(content.subarray(end + 1))
    const entry = parsed(EntrySchema, content.subarray(0, Math.max(end, 0)), path)
    if (sha256Hex(body) !== entry.bodySha256) throw damaged(path, 'its body is not what was written')
    return { ...entry, body }
  }

  private get statePath(): string {
    return join(this.folder, 'state.json')
  }

  private streamFolder(name = this.state.stream): string {
    return join(this.folder, `stream-${name}`)
  }

  private path(seq: number): string {
    return join(this.streamFolder(), nameOf(seq))
  }
}

function nameOf(seq: number): string {
  return `${String(seq).padStart(12, '0')}.batch`
}

function contentOf({ body, ...entry }: Batch): Uint8Array {
  return Buffer.concat([utf8(JSON.stringify(entry)), utf8('\n'), body])
}

function readState(path: string): State | null {
  try {
    return parsed(StateSchema, readFileSync(path), path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function parsed<T>(schema: z.ZodMiniType<T>, bytes: Uint8Array, path: string): T {
  try {
    return shaped(schema, parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), path)
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : 'it is no JSON', cause)
  }
}

function damaged(path: string, why: string, cause?: unknown): RunproofError {
  const what = `the forwarder's memory is damaged: ${path}: ${why}; restore it, or move the spool folder away to begin a new stream`
  return new RunproofError('file.unreadable', what, { cause })
}
