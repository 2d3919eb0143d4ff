import { RunproofError, type ErrorCode } from '../../../core/model/errors.ts'
import { base64, utf8 } from '../../../core/proof/bytes.ts'
import { sensorEnrolmentProof } from '../../../core/proof/enrolment.ts'
import { parseJson } from '../../../core/proof/json.ts'
import type { Client } from './client.ts'
import { problemIn, reasonOf } from './deliver.ts'

export type EnrolAsked = {
  /** One-time, from `runproof sensor invite`. */
  readonly token: string
  readonly name: string
  readonly kind: string
  readonly spki: Uint8Array
  readonly pem: string
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>
}
/** What a service made of an enrolment; the secret is shown this once. */
export type Enrolled = { readonly id: string; readonly secret: string }

/**
 * Enrols a sensor's key with a one-time token and the proof that the key is its own.
 * @throws RunproofError with the service's code and words; `service.unreachable`
 */
export async function enrol(client: Client, { token, name, kind, spki, pem, sign }: EnrolAsked): Promise<Enrolled> {
  const proof = base64(await sign(sensorEnrolmentProof({ token, name, kind, spki })))
  const body = utf8(JSON.stringify({ token, name, kind, public_key: pem, proof }))
  const asked = { method: 'POST', path: '/api/v1/sensors/enrol', headers: { 'content-type': 'application/json' }, body } as const
  const answer = await client.ask(asked).catch((cause: unknown) => {
    throw new RunproofError('service.unreachable', `the service does not answer: ${reasonOf(cause)}; is --server right?`, {
      cause,
    })
  })
  if (answer.status !== 200) {
    const { code, detail } = problemIn(answer)
    throw new RunproofError((code ?? 'request.invalid') as ErrorCode, `the service does not enrol it: ${detail}`)
  }
  const made = parseJson(new TextDecoder().decode(answer.body)) as Partial<Enrolled> | null
  const [id, secret] = [made?.id, made?.secret]
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,100}$/.test(id) || typeof secret !== 'string' || secret === '')
    throw new RunproofError('format.malformed', 'the service answered, but not with an id and a secret; is it Runproof?')
  return { id, secret }
}
