/** A template that cannot be read or run. `message` in Go's words; row and column (from 1) in the text, where known. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly row: number | null
  readonly column: number | null

  constructor(message: string, row: number | null = null, column: number | null = null, options?: ErrorOptions) {
    super(message, options)
    this.row = row
    this.column = column
  }
}

/** What a template function answers in place of a value; the executor says which call it was. */
export class CallError extends Error {
  override readonly name = 'CallError'
}
