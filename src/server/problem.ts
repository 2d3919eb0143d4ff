import { RunproofError, type ErrorCode } from '../../core/model/errors.ts'

/** RFC 9457: what every refusal looks like. `code` is the stable name that docs/errors.md explains. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** Fields that have the wrong form. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export const PROBLEM_TYPE = 'application/problem+json'

/** A refusal with more to say than its code. */
export class RequestRefused extends RunproofError {
  readonly errors: Problem['errors']

  constructor(code: ErrorCode, message: string, errors?: Problem['errors']) {
    super(code, message)
    this.errors = errors
  }
}

/** The one table from codes to HTTP statuses; a code that is not in it is a defect of ours, 500. */
const statuses: ReadonlyMap<string, readonly [status: number, title: string]> = new Map([
  ['request.invalid', [400, 'The request does not have the form that this route takes']],
  ['format.malformed', [400, 'The content is not what it should be']],
  ['format.too_large', [413, 'The content is too large']],
  ['request.too_large', [413, 'The request is too large']],
  ['usage', [400, 'The request does not have the form that this route takes']],
  ['access.unauthenticated', [401, 'Who are you?']],
  ['access.denied', [403, 'You may not do this']],
  ['access.rate_limited', [429, 'Too many failed attempts']],
  ['access.provider_failed', [502, 'The identity provider does not answer as it should']],
  ['key.unreadable', [422, 'This key cannot be read']],
  ['scope.unknown', [404, 'There is no such application and environment']],
  ['window.unknown', [404, 'There is no such sealed window']],
  ['report.unknown', [404, 'There is no such report']],
  ['case.unknown', [404, 'There is no such case']],
  ['waiver.unknown', [404, 'There is no such waiver']],
  ['case.already_decided', [409, 'The case is decided already']],
  ['decision.invalid', [422, 'This decision would not count']],
  ['waiver.invalid', [422, 'This waiver would not count']],
  ['signature.invalid', [422, 'The signature does not hold']],
  ['key.malformed', [422, 'This is not a key of the right kind']],
  ['manifest.invalid', [422, 'The manifest has mistakes']],
  ['manifest.unsigned', [422, 'Nobody signed the manifest']],
  ['manifest.signature_invalid', [422, 'The manifest’s signature does not hold']],
  ['manifest.version_reused', [409, 'This version exists with other content']],
  ['gate.invalid', [422, 'The gate is no compiled plan']],
  ['gate.builtin_missing', [422, 'The gate uses what does not exist here']],
  ['redaction.invalid', [422, 'The redaction rules have mistakes']],
  ['ledger.entry_too_large', [413, 'The content is too large']],
  ['batch.conflict', [409, 'This batch id was used for other content']],
  ['batch.out_of_order', [409, 'The batch does not follow the last one of its stream']],
  ['evidence.expired', [410, 'The evidence is no longer kept']],
  ['service.overloaded', [429, 'More is waiting than the service holds ready']],
  ['service.stopping', [503, 'The service is shutting down']],
  ['store.full', [507, 'The disk is full']],
  ['store.busy', [503, 'The store is busy']],
])

/** What to answer for an error. What we did not foresee is not explained to strangers: it goes into the log. */
export function problemOf(error: unknown): Problem {
  const known = error instanceof RunproofError ? statuses.get(error.code) : undefined
  if (error instanceof RunproofError && known !== undefined) {
    const [status, title] = known
    const errors = error instanceof RequestRefused ? error.errors : undefined
    return { type: typeOf(error.code), title, status, detail: error.message, code: error.code, ...(errors && { errors }) }
  }
  const status = httpStatusOf(error)
  if (status !== null) {
    const detail = error instanceof Error ? error.message : ''
    return { type: typeOf('request.invalid'), title: 'The request cannot be served', status, detail, code: 'request.invalid' }
  }
  return {
    type: typeOf('defect'),
    title: 'A defect in Runproof',
    status: 500,
    detail: 'something went wrong that should not; the log says more',
    code: 'defect',
  }
}

function typeOf(code: string): string {
  return `https://runproof.dev/problems/${code}`
}

/** The HTTP layer's own refusals (a body that is no JSON, a method that is not there) carry the status. */
function httpStatusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null
  const status = Number(error.statusCode)
  return status >= 400 && status < 500 ? status : null
}
