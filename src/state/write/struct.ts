import type { GoValue } from '../model/value.ts'

/** Members in the order in which they are written, as Go writes a struct; a map is sorted when it is written. */
export type Struct = { readonly kind: 'struct'; readonly members: readonly (readonly [name: string, value: Written])[] }
export type Written = GoValue | Struct

export function struct(members: Struct['members']): Struct {
  return { kind: 'struct', members }
}

export function isStruct(value: Written): value is Struct {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'struct'
}
