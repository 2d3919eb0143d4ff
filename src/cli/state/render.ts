import { renderSuite } from '../../state/write/render.ts'
import { EXIT, type Io } from '../command.ts'
import { emit } from './emit.ts'
import { read } from './options.ts'
import { failed, GossfileError, logTime, suiteOf, warner } from './suite.ts'

/** `runproof state render`: the gossfile after templates, variables and includes. Exit code 1 when it cannot be loaded. */
export async function render(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const { globals, values } = read(before, rest, { debug: { type: 'boolean', short: 'd' } }, io)
  // goss looks at the name before it looks at standard input.
  if (globals.dialect === 'goss' && globals.gossfile === '-')
    return failed(new GossfileError('unknown file extension: '), globals, io)
  try {
    const shown = (text: string): void => emit(io, `DEBUG: file after text/template render\n${text}\n`)
    const suite = await suiteOf(globals, io, false, {
      onNote: warner(globals, io, logTime),
      ...(values['debug'] === true ? { onRendered: shown } : {}),
    })
    emit(io, renderSuite(suite, suite.format))
    return EXIT.ok
  } catch (error) {
    return failed(error, globals, io)
  }
}
