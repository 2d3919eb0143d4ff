import { gunzipSync, gzipSync } from 'node:zlib'
import { isDeepStrictEqual } from 'node:util'
import { auditLimits, auditMembers } from '../../../core/model/audit-file.ts'
import { payloadOf, readEnvelope } from '../../../core/proof/dsse.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { readBundle } from '../../../core/proof/sigstore-bundle.ts'
import { readTar, writeTar } from '../../../core/proof/tar.ts'
import { verifyAudit } from '../../../verify/src/index.ts'
import { assessedSample } from '../../sample.ts'
import { changedJson, mutateBytes } from '../mutate.ts'
import type { Random } from '../random.ts'
import { attempt, bytesOf, holds, textOf, type Mutate, type Target } from '../target.ts'

type Members = ReadonlyMap<string, Uint8Array>

/**
 * A genuine audit file, changed in its archive, its members, or what is packed in them. What still verifies may differ only where
 * nothing rests on it; each such difference is named in the outcome.
 */
export const auditTarget: Target = {
  name: 'audit',
  quick: 24,
  async prepare() {
    const { members, trust } = await assessedSample()
    return {
      seeds: [writeTar(members)],
      mutate,
      async check(input) {
        const read = attempt(() => readTar(input, { ...auditLimits, memberBytes: 2 ** 25, totalBytes: 2 ** 26 }))
        if (read.refused !== null) return `archive ${read.refused}`
        const verification = await verifyAudit(read.value, trust)
        for (const { name, ok, why } of verification.checks)
          holds(ok || !SLIP.test(why), `${name}: a refusal hides a bug: ${why}`)
        if (!verification.ok) return `not verified: ${verification.checks.find(({ ok }) => !ok)?.name}`
        const differences = differencesOf(members, read.value)
        for (const difference of differences) holds(harmless.has(difference), `it verifies although it differs: ${difference}`)
        return `verified: ${differences.join(', ') || 'the same members'}`
      },
    }
  },
}

/** How the language words a mistake in a program. */
const SLIP =
  /Cannot read prop|is not a function|is not iterable|call stack|is not defined|Cannot destructure|Invalid array length|Cannot convert|Cannot mix/

/** Nothing rests on these. */
const harmless: ReadonlySet<string> = new Set([
  'the page',
  'how the evidence is packed',
  'how a bundle is spelled',
  'how the manifest’s envelope is spelled',
  'the name of a decision',
  'a decision twice',
  'a member that nobody reads',
])

function differencesOf(genuine: Members, other: Members): readonly string[] {
  const found = new Set<string>()
  const differ = (name: string, as: string): void => {
    if (!isDeepStrictEqual(genuine.get(name), other.get(name))) found.add(as)
  }
  differ(auditMembers.page, 'the page')
  differ(auditMembers.report, 'the report')
  const evidence = (members: Members): Buffer => gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array())
  if (!evidence(genuine).equals(evidence(other))) found.add('the evidence')
  differ(auditMembers.evidence, 'how the evidence is packed')
  const bundle = (members: Members, name: string): unknown => readBundle(parseJson(textOf(members.get(name) ?? new Uint8Array())))
  if (!isDeepStrictEqual(meaning(bundle(genuine, auditMembers.bundle)), meaning(bundle(other, auditMembers.bundle))))
    found.add('what the bundle says')
  differ(auditMembers.bundle, 'how a bundle is spelled')
  const signed = (members: Members): unknown => {
    const bytes = members.get(auditMembers.manifest)
    return bytes && payloadOf(readEnvelope(parseJson(textOf(bytes))))
  }
  if (!isDeepStrictEqual(signed(genuine), signed(other))) found.add('what the owner signed')
  differ(auditMembers.manifest, 'how the manifest’s envelope is spelled')
  const decisions = (members: Members): readonly string[] =>
    [...members.keys()].filter((name) => name.startsWith(auditMembers.decisions)).sort()
  const [before, after] = [decisions(genuine), decisions(other)]
  const meanings = (members: Members, names: readonly string[]): ReadonlySet<string> =>
    new Set(names.map((name) => JSON.stringify(meaning(bundle(members, name)), plain)))
  if (!isDeepStrictEqual(meanings(genuine, before), meanings(other, after))) found.add('what a decision says')
  if (before.length !== after.length) found.add('a decision twice')
  if (before.some((name) => !after.includes(name))) found.add('the name of a decision')
  for (const name of before) if (after.includes(name)) differ(name, 'how a bundle is spelled')
  const known = new Set<string>(Object.values(auditMembers))
  if ([...other.keys()].some((name) => !known.has(name) && !name.startsWith(auditMembers.decisions)))
    found.add('a member that nobody reads')
  return [...found]
}

/** What was signed and logged; ECDSA lets anybody write a second signature of the same text, witnesses may add theirs. */
function meaning(bundle: unknown): unknown {
  const { envelope, hint, entry } = bundle as ReturnType<typeof readBundle>
  return {
    payload: payloadOf(envelope),
    type: envelope.payloadType,
    hint,
    index: entry?.index,
    body: entry?.body,
    root: entry?.inclusionProof.root,
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

const mutate: Mutate = (input, random, others) => {
  const read = attempt(() => readTar(input, auditLimits))
  if (read.refused !== null || random.chance(0.05)) return mutateBytes(input, random, others)
  const members = new Map(read.value)
  const name = random.pick([...members.keys()])
  const content = members.get(name) ?? new Uint8Array()
  switch (random.int(10)) {
    case 0:
      members.delete(name)
      break
    case 1:
      members.delete(name)
      members.set(
        random.pick([`${name}x`, `decisions/${random.int(1000)}.json`, 'other/file', 'decisions/0.sigstore.json']),
        content,
      )
      break
    case 2:
      members.set(
        random.pick([`${name}x`, `decisions/${random.int(1000)}.json`, 'other/file', random.pick([...members.keys()])]),
        content,
      )
      break
    case 3:
      members.set(name, mutateBytes(content, random, [...members.values()]))
      break
    default:
      members.set(name, changedWhereReadable(name, content, random))
  }
  const written = attempt(() => writeTar(members))
  return written.refused === null ? written.value : mutateBytes(input, random, others)
}

/** What was damaged before cannot be taken apart any more. */
function changedWhereReadable(name: string, content: Uint8Array, random: Random): Uint8Array {
  try {
    return changedMember(name, content, random)
  } catch {
    return mutateBytes(content, random, [content])
  }
}

function changedMember(name: string, content: Uint8Array, random: Random): Uint8Array {
  if (name === auditMembers.evidence) return changedEvidence(content, random)
  if (name === auditMembers.page) return mutateBytes(content, random, [content])
  const text = textOf(content)
  // Another spelling of the same: readers must either not mind or refuse.
  if (random.chance(0.2)) return bytesOf(JSON.stringify(JSON.parse(text), null, random.pick(['', ' ', '\t'])))
  const changed = changedJson(text, random, [text]) ?? text
  return random.chance(0.5) ? canonical(changed) : bytesOf(changed)
}

function changedEvidence(packed: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.2)) return mutateBytes(packed, random, [packed])
  const lines = gunzipSync(packed).toString().split('\n')
  if (random.chance(0.8)) {
    const at = random.int(lines.length)
    const changed = changedJson(lines[at] ?? '', random, [random.pick(lines)])
    if (changed !== null) lines[at] = random.chance(0.8) ? textOf(canonical(changed)) : changed
    else lines.splice(at, 1)
  }
  return new Uint8Array(gzipSync(lines.join('\n'), { level: random.pick([0, 1, 9]) }))
}

/** As somebody would write it who knows the format; as it is where it cannot be written so. */
export function canonical(text: string): Uint8Array {
  try {
    return bytesOf(jcs(JSON.parse(text) as JsonValue))
  } catch {
    return bytesOf(text)
  }
}
