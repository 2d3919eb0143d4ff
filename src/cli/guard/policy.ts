import { basename, resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { modes, type Mode } from '../../guard/model.ts'
import { compilePolicy, type CompiledPolicy } from '../../guard/policy/compile.ts'
import { matchings, policyLimits } from '../../guard/policy/model.ts'
import { readPolicy } from '../../guard/policy/read-policy.ts'
import { readBounded } from '../../lib/io/read-bounded.ts'
import { readText, whyOf } from '../../lib/io/read-text.ts'
import type { Io } from '../command.ts'

export type LoadedPolicy = {
  readonly path: string
  /** Its file's name, by which counters and manifests call it. */
  readonly name: string
  readonly compiled: CompiledPolicy
}
export type PolicyChoices = { readonly mode?: string | undefined; readonly matching?: string | undefined }

/**
 * A policy from its file and those that it extends; what the command line chooses is in the digest, since it is what is in force.
 * @throws RunproofError `guard_policy.invalid` with all that is wrong, `file.unreadable`, `usage`
 */
export async function loadPolicy(file: string, io: Io, { mode, matching }: PolicyChoices = {}): Promise<LoadedPolicy> {
  const path = resolve(io.cwd, file)
  const text = await readText(path, policyLimits.bytes)
  const read = readPolicy(text, file, (other) => readOther(resolve(io.cwd, other)))
  const policy = {
    ...read,
    ...(mode !== undefined && { mode: modeNamed(mode) }),
    ...(matching !== undefined && { matching: oneOf(matchings, matching, '--matching') }),
  }
  return { path, name: basename(path), compiled: compilePolicy(policy) }
}

/** @throws RunproofError `usage` */
export function modeNamed(text: string): Mode {
  return oneOf(modes, text, 'a mode')
}

function oneOf<W extends string>(words: readonly W[], text: string, what: string): W {
  const word = words.find((each) => each === text)
  if (word === undefined) throw new RunproofError('usage', `${what} is one of ${words.join(', ')}, not ${JSON.stringify(text)}`)
  return word
}

function readOther(path: string): string {
  try {
    return readBounded(path, policyLimits.bytes).toString('utf8')
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot read ${path}: ${whyOf(cause)}`, { cause })
  }
}
