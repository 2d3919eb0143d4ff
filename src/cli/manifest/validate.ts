import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { manifestDigest } from '../../../core/judge/resolve.ts'
import { problemText, type Problem } from '../../declare/problem.ts'
import { readRedaction, type ReadRedaction } from '../../declare/redaction.ts'
import { readRedactionOf } from '../../lib/io/read-bundle.ts'
import { EXIT, type Io } from '../command.ts'
import { counted, positional } from '../arguments.ts'
import { loadFile, type LoadedFile } from './load.ts'

const usage = 'runproof manifest validate [DIR|FILE] [--json]'

/** 0: valid. 1: every problem, in the order of the text; of a folder also those of its `redaction.yaml`. */
export async function validate(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { json: { type: 'boolean' } } })
  const [target = '.'] = positional(positionals, ['DIR'], usage, '.')
  const file = await loadFile(target, io)
  const { shown, read } = file
  const own = await redactionBeside(file, resolve(io.cwd, target))
  const [manifestProblems, ownProblems] = [problemsOf(read), own === null ? [] : problemsOf(own.read)]
  const problems = [...manifestProblems, ...ownProblems]
  const digest = 'manifest' in read ? manifestDigest(read.manifest) : null
  const isValid = problems.length === 0

  if (values.json === true) io.out(JSON.stringify({ valid: isValid, file: shown, digest, problems }, null, 2))
  else {
    for (const problem of problems) io.out(problemText(problem))
    if (isValid) io.out(validText(file))
    if (isValid && own !== null) io.out(redactionText(own))
    if (manifestProblems.length > 0) io.err(`${shown}: not valid, ${counted(manifestProblems.length, 'problem')}`)
    if (own !== null && ownProblems.length > 0) io.err(`${own.shown}: not valid, ${counted(ownProblems.length, 'problem')}`)
  }
  return isValid ? EXIT.ok : EXIT.fail
}

type OwnRedaction = { readonly shown: string; readonly read: ReadRedaction }

/** A manifest that was named by itself stands for itself. */
async function redactionBeside({ dir, path, shown }: LoadedFile, target: string): Promise<OwnRedaction | null> {
  if (resolve(dir) !== target) return null
  const found = await readRedactionOf(dir)
  if (found === null) return null
  const own = `${shown.slice(0, shown.length - path.length + dir.length)}${found.path.slice(dir.length)}`
  return { shown: own, read: readRedaction(found.text, own) }
}

function problemsOf(read: object): readonly Problem[] {
  return 'problems' in read ? (read.problems as readonly Problem[]) : []
}

function validText({ shown, read }: LoadedFile): string {
  if ('problems' in read) return ''
  const { metadata, controls, sensors, scope } = read.manifest
  const parts = [
    counted(controls.length, 'control'),
    counted(sensors.length, 'sensor'),
    counted(scope.workloads.length, 'workload'),
  ]
  return `${shown}: valid, ${metadata.name} ${metadata.version} with ${parts.join(', ')}\nsha256:${manifestDigest(read.manifest)}`
}

function redactionText({ shown, read }: OwnRedaction): string {
  if ('problems' in read) return ''
  const { rules = [], except = [], disable = [] } = read.redaction
  const parts = [counted(rules.length, 'rule'), counted(except.length, 'exception')]
  const off = disable.length === 0 ? '' : `; switched off: ${disable.map(({ rule }) => rule).join(', ')}`
  return `${shown}: valid, ${parts.join(', ')}${off}\nsha256:${read.digest}`
}
