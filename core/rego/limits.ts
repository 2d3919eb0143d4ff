/** Deeper values are refused rather than walked: how deep a stack goes differs between machines, and a verdict must not. */
export const MAX_DEPTH = 200

export class NestedTooDeep extends Error {
  override readonly name = 'NestedTooDeep'

  constructor() {
    super(`a value nested deeper than ${MAX_DEPTH}`)
  }
}
