/**
 * Every failure that an operator, an author or an auditor can act on. A code is never renamed and never used for something else;
 * `docs/errors.md` says what to do about each.
 */
export type ErrorCode =
  // bytes and formats
  | 'format.malformed'
  | 'format.too_large'
  | 'file.unreadable'
  | 'file.unwritable'
  // signatures, keys, ledger
  | 'signature.invalid'
  | 'key.malformed'
  | 'key.unreadable'
  | 'key.retired'
  | 'proof.invalid'
  | 'ledger.contradiction'
  | 'ledger.clock_went_back'
  | 'ledger.entry_too_large'
  | 'ledger.missing'
  // the store
  | 'store.busy'
  | 'store.full'
  | 'store.unreadable'
  | 'store.out_of_step'
  | 'backup.invalid'
  // what people write
  | 'manifest.invalid'
  | 'manifest.unsigned'
  | 'manifest.signature_invalid'
  | 'manifest.version_reused'
  | 'redaction.invalid'
  | 'bundle.unreadable'
  | 'waiver.invalid'
  | 'guard_policy.invalid'
  | 'gossfile.invalid'
  // policy
  | 'gate.not_compiled'
  | 'gate.invalid'
  | 'gate.builtin_missing'
  | 'gate.evaluation_failed'
  | 'gate.budget_exhausted'
  // guard
  | 'guard.not_ready'
  // evidence
  | 'evidence.malformed'
  | 'evidence.expired'
  | 'events.unreadable'
  | 'window.ambiguous'
  | 'window.empty'
  | 'report.previous_invalid'
  | 'coverage.does_not_add_up'
  // the service
  | 'settings.invalid'
  | 'request.invalid'
  | 'request.too_large'
  | 'scope.unknown'
  | 'window.unknown'
  | 'report.unknown'
  | 'case.unknown'
  | 'case.already_decided'
  | 'decision.invalid'
  | 'waiver.unknown'
  | 'batch.conflict'
  | 'batch.out_of_order'
  | 'service.overloaded'
  | 'service.stopping'
  | 'service.unreachable'
  // who may do what
  | 'access.unauthenticated'
  | 'access.denied'
  | 'access.rate_limited'
  | 'access.provider_failed'
  // usage
  | 'usage'

export class RunproofError extends Error {
  override readonly name = 'RunproofError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
