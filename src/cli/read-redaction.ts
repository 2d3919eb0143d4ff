import { resolve } from 'node:path'
import { RunproofError } from '../../core/model/errors.ts'
import { redactionLimits, type Redaction } from '../../core/model/redaction.ts'
import { problemText } from '../declare/problem.ts'
import { readRedaction } from '../declare/redaction.ts'
import { readText } from '../lib/io/read-text.ts'
import type { Io } from './command.ts'

/** What was read, as it is named to its author: `digest` is the one that a report names. */
export type ReadRules = { readonly redaction: Redaction; readonly digest: string }

/**
 * The rules in a `redaction.yaml`, named as the user wrote it.
 * @throws RunproofError `redaction.invalid` with every problem, `file.unreadable`
 */
export async function readRules(file: string, io: Io): Promise<ReadRules> {
  return validRules(await readText(resolve(io.cwd, file), redactionLimits.bytes), file)
}

/** @throws RunproofError `redaction.invalid` with every problem */
export function validRules(text: string, file: string): ReadRules {
  const read = readRedaction(text, file)
  if ('redaction' in read) return read
  const count = read.problems.length === 1 ? 'one problem' : `${read.problems.length} problems`
  throw new RunproofError('redaction.invalid', `${file} has ${count}\n${read.problems.map(problemText).join('\n')}`)
}
