import { parseArgs } from 'node:util'
import { manifestDigest } from '../../../core/judge/resolve.ts'
import { problemText } from '../../declare/problem.ts'
import { EXIT, type Io } from '../command.ts'
import { counted, positional } from '../arguments.ts'
import { loadFile } from './load.ts'

const usage = 'runproof manifest validate [DIR|FILE] [--json]'

/** 0: valid. 1: every problem, in the order of the text. */
export async function validate(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { json: { type: 'boolean' } } })
  const [target = '.'] = positional(positionals, ['DIR'], usage, '.')
  const { shown, read } = await loadFile(target, io)

  if ('problems' in read) {
    if (values.json === true)
      io.out(JSON.stringify({ valid: false, file: shown, digest: null, problems: read.problems }, null, 2))
    else for (const problem of read.problems) io.out(problemText(problem))
    if (values.json !== true) io.err(`${shown}: not valid, ${counted(read.problems.length, 'problem')}`)
    return EXIT.fail
  }
  const { metadata, controls, sensors, scope } = read.manifest
  const digest = manifestDigest(read.manifest)
  if (values.json === true) io.out(JSON.stringify({ valid: true, file: shown, digest, problems: [] }, null, 2))
  else {
    const parts = [
      counted(controls.length, 'control'),
      counted(sensors.length, 'sensor'),
      counted(scope.workloads.length, 'workload'),
    ]
    io.out(`${shown}: valid, ${metadata.name} ${metadata.version} with ${parts.join(', ')}\nsha256:${digest}`)
  }
  return EXIT.ok
}
