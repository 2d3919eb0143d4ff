import type { Bytes } from './fact.ts'
import type { GoValue } from './value.ts'

/**
 * What a property really is. `value`: as Go decodes it (`bigint` for its ints). `strings`: a list of a system (`addrs`, `groups`, `versions`,
 * `opts`, `ip`, `runlevels`), which Go holds as `[]string`, so that goss's `equal` never matches it; null: Go's nil slice. `reader`: text that is
 * read line by line (`stdout`, `stderr`, `contents`, `Body`, `Headers`, `matching` with `as-reader`).
 */
export type Actual =
  | { readonly kind: 'value'; readonly value: GoValue }
  | { readonly kind: 'strings'; readonly values: readonly string[] | null }
  | { readonly kind: 'reader'; readonly bytes: Bytes; readonly type?: ReaderType }

/**
 * What Go reads from, as goss names it in `object: *os.File`: a file's contents, a command's output, a response's body, else (headers,
 * `as-reader`) a string, which is the default.
 */
export type ReaderType = '*os.File' | '*bytes.Reader' | '*http.cancelTimerBody' | '*strings.Reader'
