import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { bundleFiles } from '../../lib/io/bundle.ts'
import { problemText } from '../../declare/problem.ts'
import { readManifest } from '../../declare/read-manifest.ts'
import { starterManifest } from '../../declare/starter.ts'
import { createFile } from '../../lib/io/durable-file.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { EXIT, type Io } from '../command.ts'
import { positional, required } from '../arguments.ts'

const usage = 'runproof manifest init [DIR] --application A --environment E [--namespace N] [--workload W]… [--owner O] [--json]'
const options = {
  application: { type: 'string' },
  environment: { type: 'string' },
  namespace: { type: 'string' },
  workload: { type: 'string', multiple: true },
  owner: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Writes a manifest to begin with; never over one that is there. */
export async function init(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [dir = '.'] = positional(positionals, ['DIR'], usage, '.')
  const application = required(values.application, '--application', usage)
  const text = starterManifest({
    application,
    environment: required(values.environment, '--environment', usage),
    namespace: values.namespace ?? application,
    workloads: values.workload ?? [application],
    owner: values.owner ?? application,
  })
  const path = join(resolve(io.cwd, dir), 'manifest.yaml')
  const read = readManifest(text, path)
  if ('problems' in read)
    throw new RunproofError('usage', `these names make no manifest:\n${read.problems.map(problemText).join('\n')}`)
  await write(path, text, resolve(io.cwd, dir))

  const { controls } = read.manifest
  if (values.json === true) io.out(JSON.stringify({ path, controls: controls.map(({ id }) => id) }))
  else io.out(`${path}: written, with ${controls.length} controls\nnext: read it, then runproof manifest lint ${dir}`)
  return EXIT.ok
}

async function write(path: string, text: string, dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true })
    const other = bundleFiles.manifests.find((name) => existsSync(join(dir, name)))
    if (other === undefined && createFile(path, text)) return
    throw new RunproofError(
      'usage',
      `${join(dir, other ?? 'manifest.yaml')} is there already, and is not written over; name another folder`,
    )
  } catch (cause) {
    if (cause instanceof RunproofError) throw cause
    throw new RunproofError('bundle.unreadable', `cannot write ${path}: ${whyOf(cause)}`, { cause })
  }
}
