import type { Bytes } from './fact.ts'
import type { GoValue } from './value.ts'

/** What a property really is: a value, or text that is read line by line (`stdout`, `contents`, `Body`, `Headers`). */
export type Actual = { readonly kind: 'value'; readonly value: GoValue } | { readonly kind: 'reader'; readonly bytes: Bytes }
