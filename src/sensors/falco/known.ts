import type { Field } from '../fields.ts'

/** A field that Falco could resolve: it prints null, an empty text or `<NA>` for one that it could not. */
export function known(value: Field): string | null {
  return typeof value === 'string' && value !== '' && value !== '<NA>' && value !== 'N/A' ? value : null
}
