import { diffBundles, driftWords, type DriftEntry } from '../../state/facts/drift.ts'
import { defaultMaskRules, maskText } from '../../state/output/mask.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { table } from '../table.ts'
import { bundleIn } from './bundles.ts'
import { read } from './options.ts'

const usage = 'runproof state diff BEFORE AFTER [--json]'

/** `runproof state diff`: what changed on a host, or between it and its twin. Exit code 1 when something did. */
export async function diff(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = read(before, rest, { json: { type: 'boolean' } }, io)
  const [old = '', fresh = ''] = positional(positionals, ['BEFORE', 'AFTER'], usage)
  const [was, is] = [bundleIn(old, io.cwd), bundleIn(fresh, io.cwd)]
  const { entries: found, notCompared } = diffBundles(was, is)
  const entries = found.map(withoutSecrets)
  const code = entries.length > 0 ? EXIT.fail : EXIT.ok
  if (values['json'] === true) {
    const side = ({ target, startedAt }: typeof was): object => ({ host: target.id, address: target.address, at: startedAt })
    io.out(JSON.stringify({ before: side(was), after: side(is), drift: entries, not_compared: notCompared }, null, 2))
    return code
  }
  if (entries.length === 0) io.err(`${was.target.id}: nothing changed from ${was.startedAt} to ${is.startedAt}`)
  else if (io.columns < WIDE) for (const entry of entries) io.out(driftWords(entry))
  else for (const line of table(['subject', 'what', 'before', 'after'], entries.map(rowOf))) io.out(line)
  if (notCompared.length > 0)
    io.err(`${notCompared.length} not compared, because only one of the two runs asked: ${shortList(notCompared)}`)
  return code
}

/** What files held and commands printed may be what nobody should read here. */
function withoutSecrets({ subject, part, before, after }: DriftEntry): DriftEntry {
  const masked = (text: string): string => maskText(text, defaultMaskRules)
  return {
    subject: masked(subject),
    part: masked(part),
    before: before === null ? null : masked(before),
    after: after === null ? null : masked(after),
  }
}

/** Below this a table would break its lines. */
const WIDE = 80
const CELL = 60
const NAMED = 5

function rowOf({ subject, part, before, after }: DriftEntry): readonly string[] {
  return [cut(subject), cut(part), before === null ? '(not there)' : cut(before), after === null ? '(gone)' : cut(after)]
}

function cut(text: string): string {
  return text.length > CELL ? `${text.slice(0, CELL - 1)}…` : text
}

function shortList(keys: readonly string[]): string {
  const shown = keys.slice(0, NAMED).map(cut).join(', ')
  return keys.length > NAMED ? `${shown} …` : shown
}
