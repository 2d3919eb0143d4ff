import type { GoMap, GoValue } from './value.ts'

/** Resource types of goss, in its spelling; then ours. The JSON name of goss (`Addr`, `KernelParam` …) is the output's business. */
export const gossTypes = [
  'addr',
  'command',
  'dns',
  'file',
  'group',
  'http',
  'interface',
  'kernel-param',
  'matching',
  'mount',
  'package',
  'port',
  'process',
  'registry',
  'service',
  'user',
] as const
export const ownTypes = ['certificate', 'kernel-module', 'sshd', 'crontab'] as const
export const resourceTypes = [...gossTypes, ...ownTypes] as const
export type ResourceType = (typeof resourceTypes)[number]

/** Where something is written: a path as given by the user (or `-` for standard input), row and column from 1; null: not known. */
export type Place = { readonly file: string; readonly row: number | null; readonly column: number | null }

/** One resource of a gossfile after templates, includes and variables. */
export type Resource = {
  readonly type: ResourceType
  /** The key in the gossfile. */
  readonly key: string
  /** Everything below the key but title, meta and skip. */
  readonly attributes: GoMap
  readonly title: string
  /** Free map; null where none was given. */
  readonly meta: GoMap | null
  readonly skip: boolean
  readonly place: Place
}

/** Something that the author should know: `code` is stable, the place says where, `fix` what to write in its stead. */
export type Note = { readonly code: string; readonly message: string; readonly place: Place; readonly fix?: string }

/** A whole gossfile, includes merged. `sources`: what was read, in order, with its SHA-256, so that a run can say what it judged by. */
export type Suite = {
  readonly resources: readonly Resource[]
  readonly notes: readonly Note[]
  readonly sources: readonly { readonly path: string; readonly sha256: string }[]
}

/** How results are judged: `goss` reproduces goss 0.4.10, `runproof` closes what fails open there (docs/guides/state.md lists it). */
export type Dialect = 'goss' | 'runproof'

export type { GoMap, GoValue }
