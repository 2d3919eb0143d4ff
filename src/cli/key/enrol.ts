import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { fromBase64 } from '../../../core/proof/bytes.ts'
import { SIGNER_ENROLMENT_PREDICATE, SignerEnrolmentSchema } from '../../../core/proof/enrolment.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from '../../../core/proof/statement.ts'
import { loadSigningKey, type SigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { positional, required } from '../arguments.ts'
import type { Asked } from '../case/checked.ts'
import { askFor } from '../case/decide.ts'
import { connect, connectionOptions } from '../client/connection.ts'
import { EXIT, type Io } from '../command.ts'

const usage = 'runproof key enrol --key FILE'
const options = { ...connectionOptions, key: { type: 'string' }, json: { type: 'boolean' } } as const

type Enrolled = { readonly key_id: string; readonly enrolled_at: string; readonly ledger_index: number }

/** Signs that a key is the caller's with that key, and hands it in. */
export async function enrol(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  positional(positionals, [], usage)
  const key = await loadSigningKey(resolve(io.cwd, required(values.key, '--key', usage)), readPassphrase(io.env, io.cwd))
  const service = connect(values, io)
  const asked = await askFor<Asked>(service, 'POST', '/api/v1/keys/draft', { key: key.pem })
  const { payload, name, issuer } = readEnrolment(asked, key)
  if (values.json !== true) io.out(visibleText(`signs that the key ${key.keyId} is that of ${name} (${issuer})`))
  const envelope = await signEnvelope(key, asked.payload_type, payload)
  const enrolled = await askFor<Enrolled>(service, 'POST', '/api/v1/keys', { envelope })
  if (values.json === true) io.out(JSON.stringify({ ...enrolled, key: key.pem }))
  else io.out(`enrolled, ledger entry ${enrolled.ledger_index}. For the manifest's approvers:\n${key.pem.trim()}`)
  return EXIT.ok
}

/** The person reads who the service takes them for; about another key nothing is signed. */
function readEnrolment({ payload_type: type, payload: text }: Asked, key: SigningKey) {
  const payload = fromBase64(text)
  const { subject, predicate } = readStatement(payload, SIGNER_ENROLMENT_PREDICATE)
  const { name, issuer, key: named } = shaped(SignerEnrolmentSchema, predicate, 'a signer enrolment')
  if (type !== DSSE_PAYLOAD_TYPE || named !== key.pem || subject.length !== 1 || subject[0]?.sha256 !== sha256Hex(key.spki))
    throw new RunproofError('decision.invalid', 'not signed: the service asks for a signature over something else than this key')
  return { payload, name, issuer }
}
