import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Manifest } from '../../../core/model/manifest.ts'
import { payloadOf, readEnvelope } from '../../../core/proof/dsse.ts'
import { spkiFromPem } from '../../../core/proof/keys.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { parseVkey } from '../../../core/proof/note.ts'
import { buildBundle, checkLogEntry, readBundle } from '../../../core/proof/sigstore-bundle.ts'
import { readManifest } from '../../../src/declare/read-manifest.ts'
import { checkManifestSignature, unverifiedClaim } from '../../../src/declare/statements.ts'
import { unverifiedWaiver, waiverStateOf } from '../../../src/declare/waiver-state.ts'
import { readBundle as readBundleFolder } from '../../../src/lib/io/read-bundle.ts'
import { mutateJson } from '../mutate.ts'
import { filesOf, rootFile, vectorsOf } from '../seeds.ts'
import { attempt, attemptAsync, bytesOf, holds, textOf, type Target } from '../target.ts'

type EntryVector = { readonly input: { readonly bundle: unknown; readonly logs: readonly string[]; readonly key: string } }

/** Sigstore bundles: written again they are the same; only what was logged is found in the log. */
export const bundleTarget: Target = {
  name: 'sigstore-bundle',
  quick: 200,
  prepare() {
    const vectors = vectorsOf<EntryVector>('proof/log-entry')
    const first = vectors.find(({ input }) => attempt(() => readBundle(input.bundle)).refused === null)?.input
    if (!first) throw new Error('no vector is a bundle')
    const logs = first.logs.map((vkey) => parseVkey(vkey)).map(({ name, publicKey }) => ({ origin: name, publicKey }))
    const spki = spkiFromPem(first.key)
    const genuine = new Set(
      vectors
        .map(({ input }) => attempt(() => readBundle(input.bundle)))
        .flatMap((read) =>
          read.refused === null && read.value.entry ? [Buffer.from(payloadOf(read.value.envelope)).toString('hex')] : [],
        ),
    )
    return {
      seeds: vectors.map(({ input }) => bytesOf(JSON.stringify(input.bundle))),
      mutate: mutateJson,
      async check(input) {
        const read = attempt(() => readBundle(parseJson(textOf(input))))
        if (read.refused !== null) return read.refused
        const again = attempt(() => readBundle(buildBundle(read.value)))
        holds(again.refused === null && isDeepStrictEqual(again.value, read.value), 'written again it is another bundle')
        const entry = await checkLogEntry(read.value, { logs, spki })
        if (!entry.ok) return 'not in the log'
        holds(
          genuine.has(Buffer.from(payloadOf(read.value.envelope)).toString('hex')),
          'what was never logged is found in the log',
        )
        return 'in the log'
      },
    }
  },
}

/** Signed waivers and manifests, before and after their signatures are checked. */
export const waiverTarget: Target = {
  name: 'waiver',
  quick: 200,
  prepare() {
    const read = readManifest(textOf(rootFile('samples/payments/assurance/manifest.yaml')), 'manifest.yaml')
    if (!('manifest' in read)) throw new Error('the sample has no manifest')
    const { manifest } = read
    const seeds = filesOf('samples/payments/assurance/{waivers/*,manifest.dsse.json}')
    const genuine = new Set(seeds.map((seed) => Buffer.from(payloadOf(readEnvelope(parseJson(textOf(seed))))).toString('hex')))
    const owner = { name: 'owner', spki: spkiFromPem(textOf(rootFile('samples/payments/assurance/owner.pub'))) }
    return { seeds, mutate: mutateJson, check: (input) => checkEnvelope(input, manifest, genuine, owner) }
  },
}

async function checkEnvelope(
  input: Uint8Array,
  manifest: Manifest,
  genuine: ReadonlySet<string>,
  owner: { readonly name: string; readonly spki: Uint8Array },
): Promise<string> {
  const parsed = attempt(() => parseJson(textOf(input)))
  if (parsed.refused !== null) return parsed.refused
  const said = attempt(() => unverifiedWaiver(parsed.value))
  const claim = attempt(() => unverifiedClaim(parsed.value))
  const state = await waiverStateOf({ source: 'w.dsse.json', envelope: parsed.value }, manifest, '2026-03-10T00:00:00Z')
  const signed = await checkManifestSignature(manifest, parsed.value, [owner])
  if (state.waiver !== null || signed.ok)
    holds(genuine.has(Buffer.from(payloadOf(readEnvelope(parsed.value))).toString('hex')), 'what nobody signed counts as signed')
  if (signed.ok) return 'the manifest’s signature'
  return state.waiver === null ? `refused; unverified ${said.refused ?? claim.refused ?? 'readable'}` : `a waiver, ${state.state}`
}

/** A bundle folder: an object of file names and their contents; names that would leave the folder are not made. */
export const folderTarget: Target = {
  name: 'bundle-folder',
  quick: 80,
  prepare() {
    const folder = 'samples/payments/assurance'
    const seed = {
      'manifest.yaml': textOf(rootFile(`${folder}/manifest.yaml`)).slice(0, 2000),
      'manifest.dsse.json': textOf(rootFile(`${folder}/manifest.dsse.json`)),
      'owner.pub': textOf(rootFile(`${folder}/owner.pub`)),
      'waivers/a.dsse.json': '{"payload":"e30="}',
      'gate/gate.rego': 'package runproof.gate',
      'gate/plan.json': '{"plans":{"plans":[]}}',
    }
    return { seeds: [bytesOf(JSON.stringify(seed))], mutate: mutateJson, check: checkFolder }
  },
}

async function checkFolder(input: Uint8Array): Promise<string> {
  const files = filesIn(textOf(input))
  const folder = mkdtempSync(join(tmpdir(), 'runproof-fuzz-'))
  try {
    for (const [name, content] of files) put(folder, name, content)
    const read = await attemptAsync(() => readBundleFolder(folder))
    if (read.refused !== null) return read.refused
    holds(read.value.manifestPath.startsWith(folder), 'it reads outside the folder')
    return read.value.gate === null ? 'a bundle' : 'a bundle with a gate'
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function filesIn(text: string): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).map(
      ([name, content]) => [name, typeof content === 'string' ? content : JSON.stringify(content)] as const,
    )
  } catch {
    return []
  }
}

function put(folder: string, name: string, content: string): void {
  const path = join(folder, name)
  if (!path.startsWith(`${folder}/`) || name.includes('\0') || name.length > 200) return
  try {
    if (name.endsWith('/')) mkdirSync(path, { recursive: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
  } catch {
    // A file where a folder is to be: what is there already stays.
  }
}
