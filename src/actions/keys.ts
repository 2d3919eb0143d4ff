import * as z from 'zod/mini'
import { may } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { base64, fromUtf8 } from '../../core/proof/bytes.ts'
import { signerEnrolmentPayload } from '../../core/proof/enrolment.ts'
import { isP256Spki, pemFromSpki, spkiFromPem } from '../../core/proof/keys.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { enrolKey, revokeKey } from '../access/keys.ts'
import { action } from './action.ts'
import { text } from './fields.ts'
import { nowOf } from './review/decisions.ts'
import { ToSign } from './review/fields.ts'
import { personIn } from './review/signature.ts'

const KeyLine = z.object({
  key_id: z.string(),
  person: z.string(),
  name: z.string(),
  key: z.string(),
  enrolled_at: z.string(),
  ledger_index: z.int(),
  revoked_at: z.nullable(z.string()),
  revoked_because: z.nullable(z.string()),
})

/** The bytes that a key signs to show that it is this person's. */
export const draft = action({
  name: 'draft-key-enrolment',
  summary: 'what a person’s key signs to be enrolled',
  permission: 'key:enrol',
  method: 'POST',
  path: '/api/v1/keys/draft',
  command: null,
  input: z.strictObject({
    /** P-256 public key, PEM. */
    key: text(2000),
  }),
  output: ToSign,
  scopeOf: () => null,
  run(context, { key }) {
    const { issuer, subject, name } = personIn(context.principal)
    const spki = spkiFromPem(key)
    if (!isP256Spki(spki)) throw new RunproofError('key.malformed', 'decisions are signed with a P-256 key')
    const payload = signerEnrolmentPayload({ issuer, subject, name, createdAt: nowOf(context) }, spki)
    return {
      payload_type: DSSE_PAYLOAD_TYPE,
      payload: base64(payload),
      statement: JSON.parse(fromUtf8(payload)) as unknown,
      words: [`the key below is ${name}'s (${subject} at ${issuer}), and no one else signs with it`, pemFromSpki(spki).trim()],
    }
  },
})

export const enrol = action({
  name: 'enrol-key',
  summary: 'enrol one’s own key, by a statement that it signed',
  permission: 'key:enrol',
  method: 'POST',
  path: '/api/v1/keys',
  command: null,
  input: z.strictObject({
    /** DSSE envelope around the enrolment, signed with the key that is enrolled. */
    envelope: z.unknown(),
  }),
  output: z.object({ key_id: z.string(), enrolled_at: z.string(), ledger_index: z.int() }),
  scopeOf: () => null,
  async run({ access, principal }, { envelope }) {
    const { keyId, enrolledAt, ledgerIndex } = await enrolKey(access, principal, envelope)
    return { key_id: keyId, enrolled_at: enrolledAt, ledger_index: ledgerIndex }
  },
})

/** One's own; with `key:revoke` everybody's. Public halves only: the private ones were never here. */
export const list = action({
  name: 'list-keys',
  summary: 'keys that people sign with: one’s own, and with key:revoke everybody’s',
  permission: 'key:enrol',
  method: 'GET',
  path: '/api/v1/keys',
  command: ['key', 'list'],
  input: z.strictObject({}),
  output: z.object({ keys: z.array(KeyLine) }),
  scopeOf: () => null,
  run({ access, principal }) {
    const all = may(principal, 'key:revoke', null)
    const { person: owner } = principal
    // A program that speaks for nobody has none of its own.
    const rows = all ? access.state.personKeys(null) : owner === null ? [] : access.state.personKeys(owner.id)
    const keys = rows.map(({ keyId, person, name, spki, enrolledAt, ledgerIndex, revoked }) => ({
      ...{ key_id: keyId, person, name, key: pemFromSpki(spki), enrolled_at: enrolledAt, ledger_index: ledgerIndex },
      ...{ revoked_at: revoked?.at ?? null, revoked_because: revoked?.because ?? null },
    }))
    return { keys }
  },
})

/** What it signed before stays; what it signs from now on does not count. */
export const revoke = action({
  name: 'revoke-key',
  summary: 'revoke a key: one’s own, and with key:revoke anybody’s',
  permission: 'key:enrol',
  method: 'POST',
  path: '/api/v1/keys/revoke',
  command: ['key', 'revoke'],
  input: z.strictObject({ key_id: text(100), reason: text(1000) }),
  output: z.object({ key_id: z.string(), revoked: z.boolean() }),
  scopeOf: () => null,
  run: ({ access, principal }, { key_id: keyId, reason }) => ({
    key_id: keyId,
    revoked: revokeKey(access, principal, keyId, reason),
  }),
})
