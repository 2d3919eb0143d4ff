import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { RunproofError } from '../../../core/model/errors.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { readPrivateFile } from '../../keys/private-file.ts'
import { newPrivateKey, signingKeyOf, type SigningKey } from '../../keys/signing-key.ts'
import { createFile, replaceFile } from '../../lib/io/durable-file.ts'

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))

const IdentitySchema = z.strictObject({
  id: text(100),
  secret: text(500),
  server: text(2000),
  name: text(200),
  sensor: text(63),
})
/** Who a forwarder is to a service. */
export type Identity = Readonly<z.infer<typeof IdentitySchema>>

const [KEY, IDENTITY] = ['key.pem', 'identity.json']

/** The forwarder's own key; made, readable by its owner alone, when there is none. @throws RunproofError `key.unreadable` */
export function ownKey(folder: string): SigningKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, KEY)
  if (readPrivateFile(path) === null) createFile(path, newPrivateKey('p256', null), 0o600)
  return signingKeyOf(readPrivateFile(path) ?? '', { path, passphrase: null, name: 'forwarder' })
}

/** Null before enrolment. @throws RunproofError `key.unreadable`, `format.malformed` */
export function readIdentity(folder: string): Identity | null {
  const content = readPrivateFile(join(folder, IDENTITY))
  return content === null ? null : shaped(IdentitySchema, parseJson(content), 'the identity of a forwarder')
}

/** @throws RunproofError `usage` when it is not enrolled */
export function knownIdentity(folder: string): Identity {
  const identity = readIdentity(folder)
  if (identity !== null) return identity
  throw new RunproofError(
    'usage',
    `no forwarder is enrolled in ${folder}; run: runproof forward enrol --server URL --token-file FILE --name NAME --sensor S --state ${folder}`,
  )
}

export function keepIdentity(folder: string, identity: Identity): void {
  replaceFile(join(folder, IDENTITY), `${JSON.stringify(identity)}\n`, 0o600)
}
