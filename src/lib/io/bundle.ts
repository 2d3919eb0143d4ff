import { RunproofError } from '../../../core/model/errors.ts'

/** What a bundle folder holds. Whatever else lies in it is none of Runproof's business. */
export const bundleFiles = {
  /** Exactly one of these. */
  manifests: ['manifest.yaml', 'manifest.yml', 'manifest.json'],
  signature: 'manifest.dsse.json',
  /** The owner's public key, PEM: what the signature is checked with where nothing independent says better. */
  ownerKey: 'owner.pub',
  waivers: 'waivers',
  /** The bundle's own rules of what is taken out of events. */
  redaction: 'redaction.yaml',
  waiverSuffix: '.dsse.json',
  gate: 'gate',
  plan: 'gate/plan.json',
} as const

/** Bytes, unless it says otherwise. */
export const bundleLimits = {
  signature: 262_144,
  ownerKey: 8192,
  waiver: 262_144,
  waiverCount: 1000,
  redaction: 65_536,
  plan: 33_554_432,
  rego: 1_048_576,
  regoCount: 200,
} as const

/** Paths within the folder, each in the order of its name. */
export type BundleLayout = {
  readonly manifest: string
  readonly signature: string | null
  readonly ownerKey: string | null
  readonly waivers: readonly string[]
  readonly redaction: string | null
  readonly plan: string | null
  readonly rego: readonly string[]
}

/**
 * Which of a folder's files make up the bundle. `names` are those of the folder itself, of `waivers/` and of `gate/`, as
 * `waivers/x.dsse.json`.
 * @throws RunproofError `bundle.unreadable` with the fix, when it cannot be told or a file would be overlooked
 */
export function bundleLayout(names: readonly string[], folder: string): BundleLayout {
  const refuse = (why: string): never => {
    throw new RunproofError('bundle.unreadable', `${folder} is no bundle: ${why}`)
  }
  const present = new Set(names)
  const [manifest, second] = bundleFiles.manifests.filter((name) => present.has(name))
  if (manifest === undefined)
    return refuse(`it holds none of ${bundleFiles.manifests.join(', ')}; make one with runproof manifest init ${folder}`)
  if (second !== undefined) return refuse(`it holds both ${manifest} and ${second}; keep one`)

  const waivers = within(names, `${bundleFiles.waivers}/`).filter((name) => name.endsWith('.json'))
  const misnamed = waivers.find((name) => !name.endsWith(bundleFiles.waiverSuffix))
  if (misnamed !== undefined)
    return refuse(`${misnamed} would be overlooked; signed waivers are named *${bundleFiles.waiverSuffix}`)
  if (waivers.length > bundleLimits.waiverCount)
    return refuse(`more than ${bundleLimits.waiverCount} waivers; remove those that have expired`)

  const overlooked = ['redaction.yml', 'redaction.json'].find((name) => present.has(name))
  if (overlooked !== undefined) return refuse(`${overlooked} would be overlooked; name it ${bundleFiles.redaction}`)

  // Tests of a gate are not part of it.
  const rego = within(names, `${bundleFiles.gate}/`).filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego'))
  if (rego.length > bundleLimits.regoCount)
    return refuse(`more than ${bundleLimits.regoCount} .rego files in ${bundleFiles.gate}/`)
  return {
    manifest,
    signature: present.has(bundleFiles.signature) ? bundleFiles.signature : null,
    ownerKey: present.has(bundleFiles.ownerKey) ? bundleFiles.ownerKey : null,
    waivers,
    redaction: present.has(bundleFiles.redaction) ? bundleFiles.redaction : null,
    plan: present.has(bundleFiles.plan) ? bundleFiles.plan : null,
    rego,
  }
}

function within(names: readonly string[], folder: string): readonly string[] {
  return names.filter((name) => name.startsWith(folder)).sort()
}
