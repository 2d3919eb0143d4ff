import * as z from 'zod/mini'
import { action } from './action.ts'
import { scopeFields, scopeIn } from './fields.ts'

const ManifestLine = z.object({
  application: z.string(),
  environment: z.string(),
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  governs_from: z.string(),
  published_at: z.string(),
  published_by: z.string(),
  ledger_index: z.int(),
})

export const listManifests = action({
  name: 'list-manifests',
  summary: 'published manifests, in the order in which they come into force',
  permission: 'manifest:read',
  method: 'GET',
  path: '/api/v1/manifests',
  command: ['manifest', 'list'],
  input: z.strictObject(scopeFields),
  output: z.object({ manifests: z.array(ManifestLine) }),
  scopeOf: scopeIn,
  run({ state, isVisible }, input) {
    const asked = scopeIn(input)
    const scopes = asked === null ? state.scopes() : [asked]
    const manifests = scopes.filter(isVisible).flatMap((scope) =>
      state.manifestsOf(scope).map(({ application, environment, name, version, digest, ...row }) => ({
        application,
        environment,
        name,
        version,
        digest,
        governs_from: row.governsFrom,
        published_at: row.publishedAt,
        published_by: row.publishedBy,
        ledger_index: row.ledgerIndex,
      })),
    )
    return { manifests }
  },
})
