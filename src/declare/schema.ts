import { z } from 'zod/mini'
import { ManifestSchema } from '../../core/model/manifest.ts'
import { RedactionSchema } from '../../core/model/redaction.ts'
import { WaiverSchema } from '../../core/model/waiver.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'

/**
 * JSON Schema (2020-12) of the documents that people write, made from the types that read them: editors complete and check what the
 * code accepts. What a schema cannot say (names that must be declared, lists that fit a behaviour) only `manifest validate` checks.
 */
export const jsonSchemas = {
  manifest: () => schemaOf(ManifestSchema, 'manifest.v1', 'Runproof assurance manifest'),
  redaction: () => schemaOf(RedactionSchema, 'redaction.v1', 'Runproof redaction rules of a bundle, redaction.yaml'),
  waiver: () => schemaOf(WaiverSchema, 'waiver.v1', 'Runproof waiver, the predicate of a signed statement'),
} as const

function schemaOf(schema: z.core.$ZodType, file: string, title: string): JsonValue {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return { $schema, $id: `https://runproof.dev/schemas/${file}.schema.json`, title, ...rest } as unknown as JsonValue
}
