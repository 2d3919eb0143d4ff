import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { debianFolder, runInside, whyNot } from '../conformance/state/chroot.ts'
import type { Parted, SuiteToRun } from './verdicts-inside.ts'

/** Test data of others, beside the repository where it is there at all. */
const trees = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus', 'state', 'real')

/** Recorded cases whose gossfiles are validated here, each by its first run that names one; its options stand before the subcommand. */
const recorded = [
  ['debian12-cis', 'render'],
  ['goss-integration-linux', 'bullseye'],
  ['goss-examples', 'awesome'],
] as const

function suites(): readonly SuiteToRun[] {
  return recorded.map(([name, run]) => {
    const { runs, env } = JSON.parse(readFileSync(join(trees, name, 'case.json'), 'utf8')) as {
      runs: { name: string; args: string[] }[]
      env: Record<string, string>
    }
    const { args } = runs.find((one) => one.name === run) ?? { args: [] }
    const subcommand = args.findIndex((argument) => argument === 'render' || argument === 'validate')
    return { name, tree: `${name}/files`, options: args.slice(0, subcommand), env }
  })
}

/** goss where it was put for the tests, or on the path; null: nowhere. */
function gossBinary(): string | null {
  const cached = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'runproof', 'tools', 'goss')
  if (existsSync(cached)) return cached
  const found = spawnSync('sh', ['-c', 'command -v goss'], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? null : found
}

/** Why the real goss cannot be asked beside us here; false: it can. */
function obstacle(): string | false {
  const reason = whyNot()
  if (reason !== null) return reason
  if (!existsSync(debianFolder())) return 'there is no plain Debian yet: npm run conformance:state -- DIR makes it'
  if (gossBinary() === null) return 'goss is not installed'
  return existsSync(trees) ? false : 'the audits of others are not here'
}

const SESSION_MS = 900_000

test(
  'the CIS audit of Debian and sample gossfiles give goss’s verdicts, here and over SSH',
  { skip: obstacle(), timeout: SESSION_MS },
  async () => {
    const ended = await runInside({
      root: debianFolder(),
      binds: { '/opt/trees': trees, '/opt/goss': gossBinary() ?? '' },
      argv: ['/opt/node', '/opt/runproof/test/state/verdicts-inside.ts', JSON.stringify(suites())],
      timeoutMs: SESSION_MS,
    })
    assert.equal(ended.code, 0, ended.stderr)
    const parted = JSON.parse(ended.stdout) as readonly Parted[]
    assert.equal(parted.length, recorded.length * 3)
    for (const { name, how, exits, results, differences } of parted) {
      assert.ok(results > 0, `${name} ${how}: ${differences.join('\n')}`)
      assert.deepEqual(differences, [], `${name} ${how}`)
      assert.equal(exits[1], exits[0], `${name} ${how}`)
    }
  },
)
