import { lintCodes } from '../../state/lint/codes.ts'
import { lintSuite } from '../../state/lint/lint.ts'
import type { Note } from '../../state/model/resource.ts'
import { counted, positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { read } from './options.ts'
import { GossfileError, located, placeOf, suiteOf } from './suite.ts'

const usage = 'runproof state lint [FILE] [--strict] [--json]'
const options = { strict: { type: 'boolean' }, json: { type: 'boolean' } } as const

/** 0: nothing that deceives or is broken (with --strict: no advice either). 1: otherwise, or the gossfile cannot be loaded. */
export async function lintCommand(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const { globals, values, positionals } = read(before, rest, options, io)
  const [file = ''] = positional(positionals, ['FILE'], usage, globals.gossfile)
  const isJson = values['json'] === true
  let notes: readonly Note[]
  try {
    notes = lintSuite(await suiteOf({ ...globals, gossfile: file }, io, false), globals.dialect)
  } catch (error) {
    if (!(error instanceof GossfileError)) throw error
    if (isJson) io.out(JSON.stringify({ file, error: { message: error.message, place: error.place }, notes: [] }, null, 2))
    else io.out(`${located(error)} [${error.code}]`)
    return EXIT.fail
  }
  const problems = notes.filter((note) => kindOf(note) !== 'advice').length
  if (isJson) io.out(JSON.stringify({ file, notes: notes.map((note) => ({ kind: kindOf(note), ...note })) }, null, 2))
  else {
    for (const note of notes) io.out(textOf(note))
    io.err(`${file}: ${counted(problems, 'problem')}, ${counted(notes.length - problems, 'note')}`)
  }
  return problems > 0 || (values['strict'] === true && notes.length > 0) ? EXIT.fail : EXIT.ok
}

/** A code that is not listed is taken for a problem. */
function kindOf({ code }: Note): string {
  return new Map(Object.entries(lintCodes)).get(code)?.kind ?? 'broken'
}

function textOf(note: Note): string {
  const fix = note.fix === undefined ? '' : `\n  fix: ${note.fix}`
  return `${placeOf(note.place)}: ${kindOf(note)} ${note.code}: ${note.message}${fix}`
}
