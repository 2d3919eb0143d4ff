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
  | 'proof.invalid'
  | 'ledger.contradiction'
  | 'ledger.clock_went_back'
  | 'ledger.entry_too_large'
  | 'ledger.missing'
  // the store
  | 'store.busy'
  | 'store.full'
  | 'store.unreadable'
  // what people write
  | 'manifest.invalid'
  | 'manifest.unsigned'
  | 'manifest.signature_invalid'
  | 'manifest.version_reused'
  | 'bundle.unreadable'
  | 'waiver.invalid'
  // policy
  | 'gate.not_compiled'
  | 'gate.invalid'
  | 'gate.builtin_missing'
  | 'gate.evaluation_failed'
  | 'gate.budget_exhausted'
  // evidence
  | 'evidence.malformed'
  | 'events.unreadable'
  | 'window.ambiguous'
  | 'window.empty'
  | 'report.previous_invalid'
  | 'coverage.does_not_add_up'
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
