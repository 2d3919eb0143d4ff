import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { BATCH_PAYLOAD_TYPE, BATCH_TYPE, type BatchHeader } from '../../../core/model/batch.ts'
import { base64, concatBytes, utf8 } from '../../../core/proof/bytes.ts'
import type { Envelope } from '../../../core/proof/dsse.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Mark } from './mark.ts'
import type { Batch, Link, Packed } from './spool.ts'

export type Encoding = 'gzip' | 'zstd'
/** Signs with the enrolled key: a DSSE envelope with one signature. */
export type Sign = (payloadType: string, payload: Uint8Array) => Promise<Envelope>
/** Who sends, and how. */
export type Sender = { readonly id: string; readonly sign: Sign }

const NEWLINE = utf8('\n')
const pack = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }

/** Lines as the body of a batch. Without lines it is empty: a heartbeat. */
export async function packed(lines: readonly Uint8Array[], encoding: Encoding, mark: Mark | null): Promise<Packed> {
  const count = lines.length
  if (count === 0) return { body: new Uint8Array(), encoding: 'identity', count, mark }
  const plain = concatBytes(...lines.flatMap((line) => [line, NEWLINE]))
  const bytes = encoding === 'gzip' ? await pack.gzip(plain) : await pack.zstd(plain, zstdLevel)
  return { body: new Uint8Array(bytes), encoding, count, mark }
}

const zstdLevel = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** The next link of a stream's chain: a signed statement about the body as it is sent. docs/formats/batch.md */
export async function signed(
  { body, encoding, count, mark }: Packed,
  { id, sign }: Sender,
  { stream, after, createdAt }: { readonly stream: string; readonly after: Link; readonly createdAt: string },
): Promise<Batch> {
  const bodySha256 = sha256Hex(body)
  const header: BatchHeader = {
    type: BATCH_TYPE,
    sensor: id,
    stream,
    seq: after.seq + 1,
    prevDigest: after.digest,
    createdAt,
    count,
    body: { sha256: bodySha256, bytes: body.length },
  }
  const payload = utf8(JSON.stringify(header))
  const envelope = base64(utf8(JSON.stringify(await sign(BATCH_PAYLOAD_TYPE, payload))))
  return { seq: header.seq, digest: sha256Hex(payload), envelope, encoding, count, createdAt, bodySha256, mark, body }
}
