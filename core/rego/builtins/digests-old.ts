/** RFC 1321 and RFC 3174, for comparison with digests that others made: neither resists collisions. */
export function md5(message: Uint8Array): Uint8Array {
  const view = padded(message, true)
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < view.byteLength; at += BLOCK) {
    let [a = 0, b = 0, c = 0, d = 0] = state
    for (let i = 0; i < 64; i++) {
      const [mixed, word] = md5Round(i, b, c, d)
      const sum = (a + mixed + (sines[i] ?? 0) + view.getUint32(at + 4 * word, true)) | 0
      ;[a, b, c, d] = [d, (b + rotated(sum, shifts[(i >> 4) * 4 + (i % 4)] ?? 0)) | 0, b, c]
    }
    state = [a, b, c, d].map((value, i) => (value + (state[i] ?? 0)) | 0)
  }
  return bytesOf(state, true)
}

function md5Round(i: number, b: number, c: number, d: number): readonly [mixed: number, word: number] {
  if (i < 16) return [(b & c) | (~b & d), i]
  if (i < 32) return [(d & b) | (~d & c), (5 * i + 1) % 16]
  return i < 48 ? [b ^ c ^ d, (3 * i + 5) % 16] : [c ^ (b | ~d), (7 * i) % 16]
}

export function sha1(message: Uint8Array): Uint8Array {
  const view = padded(message, false)
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  for (let at = 0; at < view.byteLength; at += BLOCK) {
    const words = Array.from({ length: 16 }, (_, i) => view.getInt32(at + 4 * i))
    for (let i = 16; i < 80; i++) {
      words.push(rotated((words[i - 3] ?? 0) ^ (words[i - 8] ?? 0) ^ (words[i - 14] ?? 0) ^ (words[i - 16] ?? 0), 1))
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
    for (const [i, word] of words.entries()) {
      const [mixed, constant] = sha1Round(i, b, c, d)
      ;[a, b, c, d, e] = [(rotated(a, 5) + mixed + e + constant + word) | 0, a, rotated(b, 30), c, d]
    }
    state = [a, b, c, d, e].map((value, i) => (value + (state[i] ?? 0)) | 0)
  }
  return bytesOf(state, false)
}

function sha1Round(i: number, b: number, c: number, d: number): readonly [mixed: number, constant: number] {
  if (i < 20) return [(b & c) | (~b & d), 0x5a827999]
  if (i < 40) return [b ^ c ^ d, 0x6ed9eba1]
  return i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6]
}

const BLOCK = 64
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
/** The sines of 1 to 64, as the RFC defines its table. */
const sines = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32))

function padded(message: Uint8Array, isLittleEndian: boolean): DataView {
  const bytes = new Uint8Array((((message.length + 8) >> 6) + 1) * BLOCK)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, isLittleEndian)
  return view
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function bytesOf(words: readonly number[], isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length))
  for (const [i, word] of words.entries()) view.setInt32(4 * i, word, isLittleEndian)
  return new Uint8Array(view.buffer)
}
