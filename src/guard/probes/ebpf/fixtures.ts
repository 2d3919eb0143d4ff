// What tests of the protocol begin with: frames as the sensor writes them.
import { counters, event, frame, FRAME_MAGIC, frameTypes, heartbeat, kinds, PROTOCOL } from './layout.ts'

export function frameOf(
  type: keyof typeof frameTypes | number,
  sequence: number,
  payload: Buffer,
  more: { version?: number; magic?: number; length?: number } = {},
): Buffer {
  const head = Buffer.alloc(frame.size)
  head.writeUInt32LE(more.magic ?? FRAME_MAGIC, frame.magic)
  head.writeUInt16LE(more.version ?? PROTOCOL, frame.version)
  head.writeUInt16LE(typeof type === 'number' ? type : frameTypes[type], frame.type)
  head.writeUInt32LE(more.length ?? payload.length, frame.length)
  head.writeBigUInt64LE(BigInt(sequence), frame.sequence)
  return Buffer.concat([head, payload])
}

export function eventPayload({
  path = '/etc/shadow',
  name = 'payments',
  kind = 1,
  sequence = 7,
}: { path?: string; name?: string; kind?: number; sequence?: number } = {}): Buffer {
  const text = Buffer.from(path)
  const bytes = Buffer.alloc(event.path + text.length)
  bytes.writeBigUInt64LE(BigInt(sequence), event.sequence)
  bytes.writeUInt32LE(4711, event.tgid)
  bytes.writeInt32LE(-1, event.number)
  bytes.writeUInt8(kind, event.kind)
  bytes.write(name, event.name)
  bytes.writeUInt16LE(text.length, event.pathLength)
  text.copy(bytes, event.path)
  return bytes
}

export function beatPayload(dropped: number, nextSequence: number, sent: number): Buffer {
  const bytes = Buffer.alloc(heartbeat.size)
  bytes.writeBigUInt64LE(BigInt(nextSequence), heartbeat.nextSequence)
  bytes.writeBigUInt64LE(BigInt(sent), heartbeat.sent)
  bytes.writeUInt32LE(kinds.length, heartbeat.kinds)
  bytes.writeUInt32LE(16, heartbeat.blinds)
  const column = kinds.indexOf('file') * counters.length + counters.indexOf('dropped')
  bytes.writeBigUInt64LE(BigInt(dropped), heartbeat.stats + 8 * column)
  return bytes
}
