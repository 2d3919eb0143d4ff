import type { CompiledPolicy } from '../policy/compile.ts'

/** Which processes a policy speaks of, by name. */
export type Names = {
  readonly lists: (name: string) => boolean
  /** Whether what a process of this name starts belongs to it, unless it is listed itself. */
  readonly follows: (name: string) => boolean
}

export function namesOf({ processFor }: CompiledPolicy): Names {
  return { lists: (name) => processFor(name) !== null, follows: (name) => processFor(name)?.descendants === true }
}

export const noNames: Names = { lists: () => false, follows: () => false }

/** The name by which a process is known from now on: of the program that it has become, or of those that it belongs to. */
export function boundName(executable: string, inherited: string | null, names: Names): string {
  const own = fileNameOf(executable)
  return inherited !== null && !names.lists(own) && names.follows(inherited) ? inherited : own
}

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
