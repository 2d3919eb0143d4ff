import * as z from 'zod/mini'
import { manifestDigest, resolve } from '../../core/judge/resolve.ts'
import { blindSpotsFor, BlindSpotsSchema } from '../../core/model/blind-spots.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantMs, instantOf, type Instant } from '../../core/model/time.ts'
import { windowHolding } from '../../core/model/window.ts'
import { redactionLimits, redactionUse } from '../../core/model/redaction.ts'
import { equalBytes, utf8 } from '../../core/proof/bytes.ts'
import { readEnvelope } from '../../core/proof/dsse.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { keyHint, spkiFromPem } from '../../core/proof/keys.ts'
import { MANIFEST_PREDICATE, ManifestClaimSchema, verifySigned } from '../../core/proof/verified.ts'
import { readPlan } from '../../core/rego/plan.ts'
import { problemText } from '../declare/problem.ts'
import { readManifest } from '../declare/read-manifest.ts'
import { readRedaction } from '../declare/redaction.ts'
import { logInside, manifestEvent } from '../store/ledger/logged.ts'
import type { PublishedPromise } from '../store/kept/promises.ts'
import { personKeyRows, type KeyRevocation } from '../store/state/person-keys.ts'
import { action, type Context } from './action.ts'
import { text } from './fields.ts'

const MAX_MANIFEST = 1024 * 1024

/**
 * Puts a signed manifest into force for the windows that start from now on. The first of a scope settles whose key signs its manifests;
 * the window that is open then is its first.
 */
export const publishManifest = action({
  name: 'publish-manifest',
  summary: 'put a signed manifest into force, for the windows that start from now on',
  permission: 'manifest:publish',
  method: 'POST',
  path: '/api/v1/manifests',
  command: null,
  input: z.strictObject({
    /** The manifest as written, YAML or JSON. */
    manifest: text(MAX_MANIFEST),
    /** The owner's DSSE envelope over it. */
    signature: z.unknown(),
    /** The owner's public key, PEM. */
    owner_key: text(2_000),
    /** The gate's compiled plan; absent: the one that ships with Runproof. */
    gate: z.optional(z.unknown()),
    /** The bundle's own redaction rules, as written. */
    redaction: z.optional(text(redactionLimits.bytes)),
  }),
  output: z.object({
    application: z.string(),
    environment: z.string(),
    name: z.string(),
    version: z.string(),
    digest: z.string(),
    governs_from: z.string(),
    ledger_index: z.int(),
    is_new: z.boolean(),
  }),
  scopeOf: ({ manifest }) => readOrRefuse(manifest).scope,
  async run(context, input) {
    const promise = await checkedPromise(context, input)
    const { manifest } = promise
    const { application, environment } = manifest.scope
    const { name, version } = manifest.metadata
    const { state, ledger, objects, principal, now } = context
    const digest = manifestDigest(manifest)
    const answer = (row: { readonly governsFrom: string; readonly ledgerIndex: number }, isNew: boolean) => {
      const place = { governs_from: row.governsFrom, ledger_index: row.ledgerIndex, is_new: isNew }
      return { application, environment, name, version, digest, ...place }
    }
    const known = state.manifest({ application, environment, name, version })
    if (known !== null) {
      if (known.digest === digest) return answer(known, false)
      throw new RunproofError(
        'manifest.version_reused',
        `${name} ${version} was published with other content: raise metadata.version and sign again`,
      )
    }
    const kept = objects.put(utf8(jcs(promise as unknown as JsonValue)))
    const publishedAt = instantOf(now())
    const governsFrom = state.scope(manifest.scope) === null ? openWindowStart(promise, now()) : publishedAt
    const ledgerIndex = ledger.transaction((inside) => {
      const revoked = revocationOf(context, promise.ownerKey)
      if (revoked !== null) {
        const why = `was revoked at entry ${revoked.ledgerIndex} of the ledger (${revoked.because}): sign it with another`
        throw new RunproofError('manifest.signature_invalid', `the key that signed the manifest ${why}`)
      }
      const { index } = logInside(inside, promise.signature, spkiFromPem(promise.ownerKey), manifestEvent(promise.signature))
      if (state.scope(manifest.scope) === null) {
        state.insertScope({ application, environment, ownerKey: promise.ownerKey, createdAt: publishedAt })
      } else state.settleOwner(manifest.scope, promise.ownerKey)
      const row = { application, environment, name, version, digest, promise: kept, governsFrom, publishedAt }
      state.insertManifest({ ...row, publishedBy: principal.name, ledgerIndex: index })
      return index
    })
    context.rescheduled()
    return answer({ governsFrom, ledgerIndex }, true)
  },
})

type Input = {
  readonly manifest: string
  readonly signature: unknown
  readonly owner_key: string
  readonly gate?: unknown
  readonly redaction?: string | undefined
}

/** @throws RunproofError `manifest.invalid`, `manifest.signature_invalid`, `gate.invalid` */
async function checkedPromise(context: Context, input: Input): Promise<PublishedPromise> {
  const manifest = readOrRefuse(input.manifest)
  const owner = { name: manifest.metadata.owner, spki: spkiFromPem(input.owner_key) }
  const settled = context.state.scope(manifest.scope)
  const isOther = settled !== null && !equalBytes(spkiFromPem(settled.ownerKey), owner.spki)
  // Whose key was revoked can sign no more, so the next one settles anew whose key it is.
  if (isOther && revocationOf(context, settled.ownerKey) === null) {
    throw new RunproofError(
      'manifest.signature_invalid',
      `manifests of ${settled.application}/${settled.environment} are signed by another key than this one: the key that signed the first signs every later one, until it is revoked`,
    )
  }
  const checked = await verifySigned(input.signature, [owner], MANIFEST_PREDICATE, ManifestClaimSchema)
  if (!checked.ok) throw new RunproofError('manifest.signature_invalid', `the manifest's signature does not hold: ${checked.why}`)
  if (checked.verified.subject[0] !== manifestDigest(manifest)) {
    throw new RunproofError(
      'manifest.signature_invalid',
      'the manifest was changed after it was signed: raise metadata.version and sign it again',
    )
  }
  const { gate, blindSpots } = context.shipped()
  const plan = (input.gate ?? gate) as JsonValue
  // A gate that cannot work is refused before any window rests on it.
  readPlan(plan)
  return {
    manifest,
    signature: readEnvelope(input.signature),
    signedBy: checked.verified.signedBy,
    ownerKey: input.owner_key,
    gate: plan,
    blindSpots: blindSpotsFor(
      BlindSpotsSchema.parse(blindSpots),
      manifest.sensors.map(({ name }) => name),
    ),
    ...redactionOf(input.redaction),
  }
}

/** Null: in force, or no person's here. */
function revocationOf({ ledger }: Context, key: string): KeyRevocation | null {
  return personKeyRows(ledger.db).personKey(keyHint(spkiFromPem(key)))?.revoked ?? null
}

function redactionOf(written: string | undefined): Pick<PublishedPromise, 'redaction' | 'redactionUse'> {
  if (written === undefined) return { redaction: null, redactionUse: redactionUse(null) }
  const read = readRedaction(written, 'redaction.yaml')
  if ('redaction' in read) return { redaction: read.redaction, redactionUse: redactionUse(read) }
  throw new RunproofError('redaction.invalid', `the redaction rules have problems:\n${read.problems.map(problemText).join('\n')}`)
}

function readOrRefuse(written: string) {
  const read = readManifest(written, 'manifest')
  if ('manifest' in read) return read.manifest
  throw new RunproofError(
    'manifest.invalid',
    `the manifest has ${read.problems.length} problems:\n${read.problems.map(problemText).join('\n')}`,
  )
}

function openWindowStart({ manifest }: PublishedPromise, nowMs: number): Instant {
  const { scope, window } = resolve(manifest)
  return instantOf(instantMs(windowHolding(scope, window, nowMs).start))
}
