import { hex } from '../../core/proof/bytes.ts'

/**
 * Whether 64 bytes (x, then y) are a point of P-256 (SP 800-186 §3.2.1.3: y² = x³ − 3x + b mod p). WebCrypto would say the same, but
 * only later and by throwing: here a mistyped key is found while its author looks at it.
 */
export function isOnP256(point: Uint8Array): boolean {
  const [x, y] = [BigInt(`0x${hex(point.subarray(0, 32))}`), BigInt(`0x${hex(point.subarray(32, 64))}`)]
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n
}

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
