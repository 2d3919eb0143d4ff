import { readFile } from 'node:fs/promises'
import { argv, stdout } from 'node:process'
import { runSuite, summary, tableOf } from './suite.ts'
import { filesOf } from './tar.ts'

/**
 * `node test/conformance/opa.ts FILE.tar.gz`: runs OPA's own cases (plan and expected result) through our evaluator and prints a
 * line per suite that is not wholly right. Exit 1 when an answer is wrong; a built-in that we do not have is missing, not wrong.
 */
const [path] = argv.slice(2)
if (!path) throw new Error('usage: node test/conformance/opa.ts FILE.tar.gz')
const outcomes = runSuite(filesOf(await readFile(path)))
stdout.write(`${tableOf(outcomes)}${summary(outcomes)}\n`)
process.exitCode = outcomes.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
