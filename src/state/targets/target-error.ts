/** A host could not be asked, or no longer. The message is the reason, for a person. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
}
