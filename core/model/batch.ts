import * as z from 'zod/mini'

/** What a forwarder signs of each batch: a link of its stream's chain. JSON in a DSSE envelope of its own payload type. */
export const BATCH_TYPE = 'https://runproof.dev/batch/v1'
export const BATCH_PAYLOAD_TYPE = 'application/vnd.runproof.batch.v1+json'

const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))

export const BatchHeaderSchema = z.strictObject({
  type: z.literal(BATCH_TYPE),
  /** Id of the enrolled sender. */
  sensor: z.string().check(z.minLength(1), z.maxLength(100)),
  /** Chosen anew whenever a forwarder starts without its memory. */
  stream: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  /** From 1, without a gap. */
  seq: z.int().check(z.gte(1)),
  /** SHA-256 of the payload before this one; null for the first. */
  prevDigest: z.nullable(digest),
  createdAt: z.iso.datetime({ precision: 3 }),
  /** Lines in the body. */
  count: z.int().check(z.gte(0)),
  /** Of the body as sent. */
  body: z.strictObject({ sha256: digest, bytes: z.int().check(z.gte(0)) }),
})
export type BatchHeader = Readonly<z.infer<typeof BatchHeaderSchema>>
