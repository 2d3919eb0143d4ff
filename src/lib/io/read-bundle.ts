import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { manifestLimits } from '../../../core/model/manifest.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { bundleFiles, bundleLayout, bundleLimits, type BundleLayout } from './bundle.ts'
import { readText, whyOf } from './read-text.ts'

/** A bundle as it lies on disk: read, within limits, and not believed yet. */
export type Bundle = {
  readonly manifestPath: string
  readonly manifestText: string
  /** The envelope's JSON; the bare text where it is not JSON; null where the manifest is unsigned. */
  readonly manifestSignature: unknown
  /** `owner.pub`, PEM as it lies there; null without one. It comes with the bundle: it shows who says to have signed, no more. */
  readonly ownerKey: string | null
  /** `source` is the path within the folder; `value` as for the signature, so that a broken one is refused by name, not in silence. */
  readonly waivers: readonly { readonly source: string; readonly value: unknown }[]
  /** `redaction.yaml`; null without one. */
  readonly redaction: { readonly path: string; readonly text: string } | null
  /** Null: the default gate. `plan` null: the rules are not compiled. */
  readonly gate: { readonly plan: unknown; readonly sources: readonly { readonly path: string; readonly text: string }[] } | null
}

/** @throws RunproofError `bundle.unreadable` naming the path and the fix */
export async function readBundle(dir: string): Promise<Bundle> {
  const layout = bundleLayout(await namesIn(dir), dir)
  const read = (name: string, limit: number): Promise<string> => readText(join(dir, name), limit, 'bundle.unreadable')
  const signature = layout.signature === null ? null : jsonOr(await read(layout.signature, bundleLimits.signature))
  const waivers: { source: string; value: unknown }[] = []
  for (const source of layout.waivers) waivers.push({ source, value: jsonOr(await read(source, bundleLimits.waiver)) })
  return {
    manifestPath: join(dir, layout.manifest),
    manifestText: await read(layout.manifest, manifestLimits.bytes),
    manifestSignature: signature,
    ownerKey: layout.ownerKey === null ? null : await read(layout.ownerKey, bundleLimits.ownerKey),
    waivers,
    redaction: layout.redaction === null ? null : await readRedactionFile(dir, layout.redaction),
    gate: await readGate(layout, dir, read),
  }
}

/**
 * The manifest of a bundle folder, or a manifest named by itself.
 * @throws RunproofError `bundle.unreadable`
 */
export async function readManifestFile(
  path: string,
): Promise<{ readonly dir: string; readonly path: string; readonly text: string }> {
  const isFolder = (await statOf(path)).isDirectory()
  const file = isFolder ? join(path, bundleLayout(await namesIn(path), path).manifest) : path
  return {
    dir: isFolder ? path : dirname(path),
    path: file,
    text: await readText(file, manifestLimits.bytes, 'bundle.unreadable'),
  }
}

/**
 * The `redaction.yaml` of a bundle folder, whatever else lies in it; null without one.
 * @throws RunproofError `bundle.unreadable`
 */
export async function readRedactionOf(dir: string): Promise<Bundle['redaction']> {
  const { redaction } = bundleLayout(await namesIn(dir), dir)
  return redaction === null ? null : readRedactionFile(dir, redaction)
}

async function readRedactionFile(dir: string, name: string): Promise<{ readonly path: string; readonly text: string }> {
  const path = join(dir, name)
  return { path, text: await readText(path, bundleLimits.redaction, 'bundle.unreadable') }
}

async function readGate(
  { plan, rego }: BundleLayout,
  dir: string,
  read: (name: string, limit: number) => Promise<string>,
): Promise<Bundle['gate']> {
  if (plan === null && rego.length === 0) return null
  const sources: { path: string; text: string }[] = []
  for (const path of rego) sources.push({ path, text: await read(path, bundleLimits.rego) })
  return { plan: plan === null ? null : planOf(await read(plan, bundleLimits.plan), join(dir, plan)), sources }
}

function planOf(text: string, path: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new RunproofError('bundle.unreadable', `${path} is no compiled plan: ${whyOf(cause)}`, { cause })
  }
}

async function namesIn(dir: string): Promise<readonly string[]> {
  const folders = ['', bundleFiles.waivers, bundleFiles.gate]
  const names = await Promise.all(
    folders.map(async (folder) => {
      const entries = await entriesOf(join(dir, folder), folder !== '')
      return entries.map((entry) => (folder === '' ? entry : `${folder}/${entry}`))
    }),
  )
  return names.flat()
}

async function entriesOf(path: string, optional: boolean): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
    if (absent && optional) return []
    throw new RunproofError(
      'bundle.unreadable',
      `cannot read the bundle ${path}: ${absent ? 'there is no such folder' : whyOf(cause)}`,
      { cause },
    )
  }
}

async function statOf(path: string): ReturnType<typeof stat> {
  try {
    return await stat(path)
  } catch (cause) {
    throw new RunproofError('bundle.unreadable', `cannot read ${path}: ${whyOf(cause)}`, { cause })
  }
}

function jsonOr(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
