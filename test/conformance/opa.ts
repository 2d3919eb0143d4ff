import { readFile } from 'node:fs/promises'
import { argv, stdout } from 'node:process'
import { missingOf, runSuite, summary, tableOf } from './suite.ts'
import { filesOf } from './tar.ts'

/**
 * Runs OPA's own cases (plan and expected result) from an archive through our evaluator, each in the mode that it asks for: prints
 * a line per suite that is not wholly right, the built-ins that we do not have, and last `N right, N wrong, N missing built-in`.
 * @returns the exit code: 0; 1 when an answer is wrong or the archive holds no case; 2 when it cannot be read
 */
export async function runConformance(path: string, out: (text: string) => void): Promise<number> {
  const files = await readFile(path)
    .then(filesOf)
    .catch((cause: unknown) => String(cause))
  if (typeof files === 'string') {
    out(`${path} cannot be read: ${files}\n`)
    return 2
  }
  const outcomes = runSuite(files)
  out(`${tableOf(outcomes)}${missingOf(outcomes)}${summary(outcomes)}\n`)
  return outcomes.length === 0 || outcomes.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
}

if (import.meta.main) {
  const [path] = argv.slice(2)
  if (!path) throw new Error('usage: node test/conformance/opa.ts FILE.tar.gz')
  process.exitCode = await runConformance(path, (text) => void stdout.write(text))
}
