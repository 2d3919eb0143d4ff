import * as z from 'zod/mini'

/** What tells a file from another of its name: SHA-256 of its first bytes, so many as were read, at most 1 KiB. */
export const HeadSchema = z.strictObject({
  bytes: z.int().check(z.gte(0), z.lte(1024)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
})
export type Head = Readonly<z.infer<typeof HeadSchema>>

/** How far a file was read: everything before `offset` is durable in the spool. An offset is always behind a line break. */
export const MarkSchema = z.strictObject({
  /** The file itself, without symbolic links. */
  file: z.string().check(z.maxLength(4096)),
  inode: z.string().check(z.regex(/^\d{1,20}$/)),
  offset: z.int().check(z.gte(0)),
  head: HeadSchema,
  /** Milliseconds since 1970: all that was in the file by then was seen. */
  readAt: z.int().check(z.gte(0)),
  /** Files that were read to their end before this one, so that none of them is read again: inode and first bytes. */
  done: z.array(z.strictObject({ inode: z.string(), head: HeadSchema })).check(z.maxLength(64)),
})
export type Mark = Readonly<z.infer<typeof MarkSchema>>
export type DoneFile = Mark['done'][number]

export const HEAD_BYTES = 1024
export const MAX_DONE = 64
