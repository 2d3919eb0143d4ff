import { RunproofError } from '../model/errors.ts'
import { concatBytes, fromUtf8, utf8 } from './bytes.ts'

export type TarLimits = { readonly members: number; readonly memberBytes: number; readonly totalBytes: number }

/** Member name → content, in the order of the archive. */
export type TarMembers = ReadonlyMap<string, Uint8Array>

/**
 * POSIX ustar (IEEE 1003.1, pax "ustar Interchange Format") of regular files, sorted by name, mode 0644, time and owner zero:
 * the same members are the same bytes everywhere.
 * @throws RunproofError `format.malformed` for a name that `readTar` refuses, `format.too_large` for one that no header holds or a
 * member over 8 GiB.
 */
export function writeTar(members: TarMembers): Uint8Array {
  const names = [...members.keys()].sort()
  checkNames(names)
  const parts = names.flatMap((name) => {
    const content = members.get(name) ?? new Uint8Array()
    return [tarHeader(name, content.length), content, new Uint8Array(tarPadding(content.length))]
  })
  return concatBytes(...parts, new Uint8Array(2 * BLOCK))
}

/**
 * The members of an ustar archive, as views into `bytes`. Strict, because two readers must never see two archives in one file:
 * regular files only, relative names of printable ASCII without `.` or `..`, none twice or both file and folder, checksums right,
 * padding zero, nothing but zeros behind the end marker.
 * @throws RunproofError `format.malformed` naming the member, `format.too_large` beyond `limits`.
 */
export function readTar(bytes: Uint8Array, limits: TarLimits): TarMembers {
  const members = new Map<string, Uint8Array>()
  let [at, total] = [0, 0]
  for (; !isZero(block(bytes, at));) {
    const { name, size } = readTarHeader(block(bytes, at))
    total += size
    if (members.size === limits.members) throw tooLarge(`more than ${limits.members} members`)
    if (size > limits.memberBytes) throw tooLarge(`${name} has ${size} bytes, more than ${limits.memberBytes}`)
    if (total > limits.totalBytes) throw tooLarge(`more than ${limits.totalBytes} bytes in all`)
    if (members.has(name)) throw malformed(`${name} is there twice`)
    const [start, end] = [at + BLOCK, at + BLOCK + size]
    at = end + tarPadding(size)
    if (at > bytes.length) throw malformed(`it ends inside ${name}`)
    if (!isZero(bytes.subarray(end, at))) throw malformed(`bytes between ${name} and the next member`)
    members.set(name, bytes.subarray(start, end))
  }
  if (!isZero(block(bytes, at + BLOCK))) throw malformed('one block of zeros where the end has two')
  if (bytes.length % BLOCK !== 0 || !isZero(bytes.subarray(at))) throw malformed('bytes behind its end')
  checkNames([...members.keys()])
  return members
}

const BLOCK = 512
const MAGIC = 'ustar\x0000'
const NAME_BYTES = 100
const PREFIX_BYTES = 155
/** Eleven octal digits. */
const MAX_SIZE = 8 ** 11 - 1
/** Offset and length of the fields that we use. */
const FIELD = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const
const CHECKSUM_OFFSET = FIELD.checksum[0]

/** The header of a regular file in the form that {@link writeTar} gives it, for who writes an archive piece by piece. @throws as `writeTar` */
export function tarHeader(name: string, size: number): Uint8Array {
  if (size > MAX_SIZE) throw tooLarge(`${name} has more than 8 GiB`)
  const [prefix, base] = splitName(name)
  const bytes = new Uint8Array(BLOCK)
  const put = (offset: number, value: string): void => bytes.set(utf8(value), offset)
  put(0, base)
  put(100, '0000644\0') // mode
  put(108, '0000000\0') // owner
  put(116, '0000000\0') // group
  put(124, `${octal(size, 11)}\0`)
  put(136, `${octal(0, 11)}\0`) // time
  put(156, '0') // a regular file
  put(257, MAGIC)
  put(345, prefix)
  put(CHECKSUM_OFFSET, `${octal(checksumOf(bytes), 6)}\0 `)
  return bytes
}

/** Prefix and name of the header: the name splits at a slash when it is longer than the name field. */
function splitName(name: string): readonly [string, string] {
  if (name.length <= NAME_BYTES) return ['', name]
  // The first slash that leaves a short enough rest keeps the prefix as short as it can be.
  const slash = name.indexOf('/', name.length - NAME_BYTES - 1)
  if (slash < 1 || slash > PREFIX_BYTES) throw tooLarge(`no ustar header holds the name ${shown(name)}`)
  return [name.slice(0, slash), name.slice(slash + 1)]
}

/** What a header of 512 bytes says, as strict as {@link readTar}. @throws RunproofError `format.malformed` */
export function readTarHeader(bytes: Uint8Array): { readonly name: string; readonly size: number } {
  if (text(bytes, FIELD.magic) !== MAGIC) throw malformed('a member without an ustar header (GNU tar: --format=ustar)')
  if (checksumOf(bytes) !== number(bytes, FIELD.checksum)) throw malformed('a header with a wrong checksum')
  const prefix = terminated(text(bytes, FIELD.prefix))
  const name = `${prefix}${prefix === '' ? '' : '/'}${terminated(text(bytes, FIELD.name))}`
  checkName(name)
  const type = text(bytes, FIELD.type)
  if (type !== '0' && type !== '\0') throw malformed(`${name} is no regular file (type ${JSON.stringify(type)})`)
  return { name, size: number(bytes, FIELD.size) }
}

function checkNames(names: readonly string[]): void {
  const known = new Set(names)
  for (const name of names) {
    checkName(name)
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      if (known.has(name.slice(0, slash))) throw malformed(`${name.slice(0, slash)} is both a file and a folder`)
    }
  }
}

/** A backslash separates folders on other systems, a colon names drives and streams there. */
function checkName(name: string): void {
  if (!/^[ -~]+$/.test(name) || /[\\:]/.test(name))
    throw malformed(`the name ${shown(name)} has other than plain ASCII characters`)
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw malformed(`the name ${shown(name)} is absolute, leaves the archive or has an empty part`)
  }
}

/** Sum of all bytes, with the checksum field itself read as spaces. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= CHECKSUM_OFFSET && i < CHECKSUM_OFFSET + 8 ? 0x20 : byte), 0)
}

function number(header: Uint8Array, field: readonly [number, number]): number {
  const digits = /^([0-7]+)[\0 ]*$/.exec(text(header, field))?.[1]
  if (digits === undefined) throw malformed('a header with a number that is not octal')
  return Number.parseInt(digits, 8)
}

function text(header: Uint8Array, [offset, length]: readonly [number, number]): string {
  return fromUtf8(header.subarray(offset, offset + length))
}

/** What lies behind the first NUL of a name must be NULs too: other readers might show it. */
function terminated(field: string): string {
  const [name = ''] = field.split('\0', 1)
  if (/[^\0]/.test(field.slice(name.length))) throw malformed('a header with bytes behind a name')
  return name
}

function block(bytes: Uint8Array, at: number): Uint8Array {
  if (at + BLOCK > bytes.length) throw malformed('it has no end')
  return bytes.subarray(at, at + BLOCK)
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Zeros that follow so many bytes of content. */
export function tarPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}

function malformed(why: string): RunproofError {
  return new RunproofError('format.malformed', `not an archive that we read: ${why}`)
}

function tooLarge(why: string): RunproofError {
  return new RunproofError('format.too_large', `this archive is too large: ${why}`)
}
