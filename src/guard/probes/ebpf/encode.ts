import { createHash } from 'node:crypto'
import { RunproofError } from '../../../../core/model/errors.ts'
import type { Mode } from '../../model.ts'
import { CONTROL_LIMIT, frame, FRAME_MAGIC, frameTypes, modeNumbers, policyFlags, POLICY_MAGIC, PROTOCOL } from './layout.ts'
import type { NetworkRule, PathRule, SensorPolicy, SensorProcess } from './sensor-policy.ts'

export type Control = 'setPolicy' | 'setMode' | 'ping' | 'stop'

/** A control frame; `sequence` counts them from 0. */
export function controlFrame(type: Control, sequence: bigint, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(frame.size)
  head.writeUInt32LE(FRAME_MAGIC, frame.magic)
  head.writeUInt16LE(PROTOCOL, frame.version)
  head.writeUInt16LE(frameTypes[type], frame.type)
  head.writeUInt32LE(payload.length, frame.length)
  head.writeBigUInt64LE(sequence, frame.sequence)
  return Buffer.concat([head, payload])
}

/** The payload of `setPolicy`: the digest of what follows it. */
export function withDigest(blob: Buffer): Buffer {
  return Buffer.concat([createHash('sha256').update(blob).digest(), blob])
}

/** The payload of `setMode`; `process` null: all. */
export function modeChange(mode: Mode, process: number | null, generation: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(process ?? 0xffff, 0)
  bytes.writeUInt8(modeNumbers[mode], 2)
  bytes.writeUInt32LE(generation, 4)
  return bytes
}

/**
 * The policy as the sensor reads it; docs/formats/guard-sensor.md has the form.
 * @throws RunproofError `format.too_large`
 */
export function policyBlob({ generation, processes }: SensorPolicy): Buffer {
  const out = new Writer()
  out.u32(POLICY_MAGIC).u16(1).u16(processes.length).u64(BigInt(generation))
  for (const process of processes) writeProcess(out, process)
  const blob = out.bytes()
  if (blob.length + 32 > CONTROL_LIMIT)
    throw new RunproofError('format.too_large', `the policy takes ${blob.length} bytes for the sensor, of ${CONTROL_LIMIT - 32}`)
  return blob
}

function writeProcess(out: Writer, process: SensorProcess): void {
  const { names, mode, prevent, closed, emitAll, descendants, syscalls, paths, networks } = process
  out.u16(names.length)
  for (const name of names) out.text16(name)
  out.u8(modeNumbers[mode]).u8(prevent ? 1 : 0)
  out.u16(
    (closed.file ? policyFlags.fileClosed : 0) |
      (closed.exec ? policyFlags.execClosed : 0) |
      (closed.network ? policyFlags.netClosed : 0) |
      (emitAll ? policyFlags.emitAll : 0) |
      (descendants ? policyFlags.descendants : 0),
  )
  out.u16(syscalls.length)
  for (const name of syscalls) out.text8(name)
  out.u32(paths.length)
  for (const path of paths) writePath(out, path)
  out.u32(networks.length)
  for (const network of networks) writeNetwork(out, network)
}

function writePath(out: Writer, { domain, exact, bits, number, text }: PathRule): void {
  out
    .u8(domain === 'exec' ? 1 : 0)
    .u8(exact ? 0 : 1)
    .u8(bits)
    .u8(0)
    .u32(number)
    .text16(text)
}

function writeNetwork(out: Writer, { family, prefix, bits, port, number, address }: NetworkRule): void {
  const bytes = Buffer.alloc(16)
  for (let i = 0; i < (family === 4 ? 4 : 16); i++)
    bytes[i] = Number((address >> BigInt(8 * ((family === 4 ? 3 : 15) - i))) & 0xffn)
  out.u8(family).u8(prefix).u8(bits).u8(0).u16(port).u32(number).raw(bytes)
}

/** Numbers little endian, texts as UTF-8 behind their length. */
class Writer {
  private readonly parts: Buffer[] = []

  u8(value: number): this {
    return this.raw(Buffer.from([value]))
  }

  u16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(value)
    return this.raw(bytes)
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return this.raw(bytes)
  }

  u64(value: bigint): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(value)
    return this.raw(bytes)
  }

  text8(text: string): this {
    const bytes = Buffer.from(text)
    return this.u8(bytes.length).raw(bytes)
  }

  text16(text: string): this {
    const bytes = Buffer.from(text)
    return this.u16(bytes.length).raw(bytes)
  }

  raw(bytes: Buffer): this {
    this.parts.push(bytes)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts)
  }
}
