import { constants } from 'node:fs'
import { lstat, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { auditLimits, auditMembers } from '../../../core/model/audit-file.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { utf8 } from '../../../core/proof/bytes.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { readTar, writeTar } from '../../../core/proof/tar.ts'
import { replaceFile } from './durable-file.ts'

type Limits = { readonly members: number; readonly memberBytes: number; readonly totalBytes: number }

/** What an audit file is made of. `evidence`: the sealed lines as `packEvidence` packs them. */
export type AuditParts = {
  readonly bundle: JsonValue
  readonly report: Uint8Array
  readonly evidence: Uint8Array
  /** The manifest's signature; null when nobody signed it. */
  readonly signature: JsonValue | null
  /** The bundle that proves since when the log holds it. */
  readonly signatureEntry?: JsonValue
  /** Two people may have signed the same statement: a bundle each. */
  readonly decisions: readonly { readonly digest: string; readonly keyId: string; readonly bundle: JsonValue }[]
  /** The page for people. */
  readonly page: string
}

/** The parts under the names that `auditMembers` gives them. */
export function auditMembersOf(parts: AuditParts): Map<string, Uint8Array> {
  const { bundle, report, evidence, signature, signatureEntry, decisions, page } = parts
  return new Map<string, Uint8Array>([
    [auditMembers.bundle, utf8(jcs(bundle))],
    [auditMembers.report, report],
    [auditMembers.evidence, evidence],
    ...(signature === null ? [] : [[auditMembers.manifest, utf8(jcs(signature))] as const]),
    ...(signatureEntry === undefined ? [] : [[auditMembers.manifestEntry, utf8(jcs(signatureEntry))] as const]),
    ...decisions.map(
      ({ digest, keyId, bundle }) =>
        [`${auditMembers.decisions}${digest}.${sha256Hex(keyId).slice(0, 16)}.sigstore.json`, utf8(jcs(bundle))] as const,
    ),
    [auditMembers.page, utf8(page)],
  ])
}

/**
 * Writes members (`auditMembers` names them) as one audit file: whole or not at all, durable when it returns. The same members are
 * the same bytes.
 * @throws RunproofError `format.malformed`, `format.too_large` for names that an archive cannot hold; else what the file system says.
 */
export async function writeAuditFile(path: string, members: ReadonlyMap<string, Uint8Array>): Promise<void> {
  replaceFile(path, writeTar(members))
}

/**
 * The members of an audit file, or of a folder with the same names in it. Of a folder only the names of `auditMembers` are read,
 * and the `.json` files right in `decisions/`; links are refused. Which members must be there is for the caller to say.
 * @throws RunproofError `file.unreadable`, `format.malformed`, `format.too_large` beyond `auditLimits`.
 */
export async function readAuditFile(path: string, limits: Limits = auditLimits): Promise<Map<string, Uint8Array>> {
  const stats = await asked(path, () => stat(path))
  if (stats.isDirectory()) return readFolder(path, limits)
  // Per member at most a header and its padding, and an end of one tape record.
  const most = limits.totalBytes + limits.members * 1024 + 10_240
  return new Map(readTar(await readRegular(path, most, true), limits))
}

async function readFolder(path: string, limits: Limits): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>()
  let total = 0
  for (const name of await memberNames(path, limits)) {
    const content = await readRegular(join(path, name), Math.min(limits.memberBytes, limits.totalBytes - total), false)
    total += content.length
    members.set(name, content)
  }
  return members
}

/** The names that are there, sorted as in an archive. */
async function memberNames(path: string, limits: Limits): Promise<readonly string[]> {
  const { decisions, ...files } = auditMembers
  const present = new Set(await entriesOf(path))
  const names: string[] = Object.values(files).filter((name) => present.has(name))
  if (present.has(decisions.slice(0, -1))) {
    for (const name of await decisionsIn(join(path, decisions.slice(0, -1)))) names.push(`${decisions}${name}`)
  }
  if (names.length > limits.members)
    throw new RunproofError('format.too_large', `${path} has more than ${limits.members} members`)
  return names.sort()
}

async function readRegular(path: string, most: number, followLinks: boolean): Promise<Uint8Array> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants
  // A pipe must not make us wait for its writer; a link inside a folder could lead anywhere.
  const file = await asked(path, () => open(path, O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW)))
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new RunproofError('file.unreadable', `cannot read ${path}: it is not a file`)
    if (stats.size > most) throw new RunproofError('format.too_large', `${path} has ${stats.size} bytes, more than ${most}`)
    return await asked(path, async () => {
      const bytes = new Uint8Array(stats.size)
      let at = 0
      while (at < bytes.length) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at)
        if (bytesRead === 0) break
        at += bytesRead
      }
      return bytes.subarray(0, at)
    })
  } finally {
    await file.close()
  }
}

async function decisionsIn(folder: string): Promise<readonly string[]> {
  const stats = await asked(folder, () => lstat(folder))
  if (!stats.isDirectory()) throw new RunproofError('file.unreadable', `cannot read ${folder}: it is not a folder`)
  return (await entriesOf(folder)).filter((name) => name.endsWith('.json'))
}

function entriesOf(path: string): Promise<readonly string[]> {
  return asked(path, () => readdir(path))
}

async function asked<T>(path: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (cause) {
    if (cause instanceof RunproofError) throw cause
    const why =
      cause instanceof Error && 'code' in cause ? (REASONS.get(String(cause.code)) ?? String(cause.code)) : 'it cannot be read'
    throw new RunproofError('file.unreadable', `cannot read ${path}: ${why}`, { cause })
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['ELOOP', 'it is a symbolic link'],
])
