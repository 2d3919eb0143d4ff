// docs/formats/check-with-other-tools.md: its commands are run as they stand, and say what it says that they say.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { assessSample, root, run } from './sample.ts'
import { buildGoAudit, whyNoGoAudit } from './tools/goaudit.ts'
import { findTool } from './tools/find.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-tools-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

type Section = { readonly title: string; readonly steps: readonly Step[] }
type Step = { readonly commands: string; readonly output: string }

const page = readFileSync(join(root, 'docs', 'formats', 'check-with-other-tools.md'), 'utf8')
const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    steps: [...text.matchAll(/```sh\n([\s\S]*?)```\n\n(?:[^`\n].*\n\n)*```\n([\s\S]*?)```/g)].map(
      ([, commands = '', output = '']) => {
        return { commands, output }
      },
    ),
  }))

/** The folder of the sample, its log and a proof from it, as the page's reader has them. */
let made: Promise<string> | undefined
function readersFolder(): Promise<string> {
  made ??= (async () => {
    const cwd = mkdtempSync(join(scratch, 'd-'))
    const { folder } = await assessSample([], cwd)
    for (const argv of [['ledger', 'export', join(folder, 'log')]]) assert.equal((await run(argv, { cwd })).code, 0)
    writeFileSync(join(folder, 'entry-1.tlog-proof'), `${(await run(['ledger', 'prove', '1'], { cwd })).out}\n`)
    return folder
  })()
  return made
}

/** Everything before a section's own commands, so that they find what those wrote. */
async function say(title: string, change: (folder: string) => void = () => {}): Promise<readonly (readonly [string, string])[]> {
  const folder = mkdtempSync(join(scratch, 'r-'))
  cpSync(await readersFolder(), folder, { recursive: true })
  change(folder)
  const PATH = [
    scratch,
    ...['cosign'].flatMap((name) => findTool(name) ?? []).map((path) => dirname(path)),
    process.env['PATH'],
  ].join(':')
  const nowhere = 'http://127.0.0.1:9'
  const env = { PATH, HOME: scratch, LC_ALL: 'C', HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere }
  const shell = (commands: string): string => {
    const { stdout, stderr } = spawnSync('sh', ['-c', commands], { cwd: folder, env, encoding: 'utf8', timeout: 60_000 })
    return stderr + stdout
  }
  const [first, ...others] = sections
  assert.ok(first)
  if (title !== first.title) for (const { commands } of first.steps) shell(commands)
  const section = [first, ...others].find((section) => section.title === title)
  return (section?.steps ?? []).map(({ commands, output }) => [plain(shell(commands)), plain(output)] as const)
}

/** Keys, and with them names and roots, are others in every run. */
function plain(output: string): string {
  return output.replaceAll(/[0-9a-f]{16}\.runproof\.invalid/g, '<log>').replaceAll(/root [A-Za-z0-9+/]{43}=/g, 'root <root>')
}

const needs: Readonly<Record<string, () => string | false>> = {
  'openssl: the signature': () => (findTool('openssl') ? false : 'openssl is not installed'),
  'sha256sum: the report': () => (findTool('sha256sum') ? false : 'sha256sum is not installed'),
  'gunzip and sha256sum: the evidence': () =>
    findTool('gunzip') && findTool('sha256sum') ? false : 'gunzip or sha256sum is not installed',
  'cosign: the signature, the report and the log': () => (findTool('cosign') ? false : 'cosign is not installed'),
  'A Go program: the log': whyNoGoAudit,
}

test('the page has a section per tool, each with commands and what they say', () => {
  assert.deepEqual(
    sections.map(({ title }) => title),
    Object.keys(needs),
  )
  assert.deepEqual(
    sections.map(({ steps }) => steps.length),
    [1, 1, 1, 3, 1],
  )
})

for (const [title, why] of Object.entries(needs)) {
  test(`${title}: the page’s commands say what the page says`, { skip: why() }, async () => {
    if (why === whyNoGoAudit) buildGoAudit(join(scratch, 'goaudit'))
    const said = await say(title)
    assert.ok(said.length > 0)
    for (const [actual, written] of said) assert.equal(actual, written)
  })
}

/** With one byte of a file changed, the section that speaks of it no longer says that all is well. */
const changes: readonly (readonly [string, string])[] = [
  ['openssl: the signature', 'report.pub'],
  ['openssl: the signature', 'report.sigstore.json'],
  ['sha256sum: the report', 'report.json'],
  ['gunzip and sha256sum: the evidence', 'evidence.ndjson.gz'],
]
for (const [title, name] of changes) {
  test(`${title}: not of another ${name}`, { skip: needs[title]?.() ?? 'no such section' }, async () => {
    const said = await say(title, (folder) => {
      const bytes = readFileSync(join(folder, name))
      const middle = Math.floor(bytes.length / 2)
      writeFileSync(join(folder, name), bytes.with(middle, (bytes[middle] ?? 0) ^ 1))
    })
    for (const [actual, written] of said) assert.notEqual(actual, written)
    assert.doesNotMatch(said.flat()[0] ?? '', /OK$/m)
  })
}
