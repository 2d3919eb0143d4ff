import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { commands } from '../src/cli/registry.ts'
import { root, run, scratch } from './sample.ts'

/** What the documents say is what the product does. */

const documents = globSync('{*.md,docs/**/*.md,samples/**/*.md,src/**/*.md}', { cwd: root })

/** Events of one sensor in one window, as the README's reader has them. */
function writeEvents(folder: string): void {
  const falco = (time: string, rest: object): string =>
    JSON.stringify({
      hostname: 'node-a',
      priority: 'Notice',
      rule: 'Terminal shell in container',
      source: 'syscall',
      time,
      ...rest,
    })
  const shell = {
    'evt.type': 'execve',
    'proc.exepath': '/usr/bin/bash',
    'proc.name': 'bash',
    'container.id': 'af3e0be6ca27',
    'k8s.ns.name': 'shop',
    'k8s.pod.name': 'shop-api-6d5f7c9b84-x2k4q',
  }
  writeFileSync(join(folder, 'falco.ndjson'), `${falco('2026-03-02T10:00:00.000000001Z', { output_fields: shell })}\n`)
  const exec = {
    process: {
      binary: '/usr/bin/node',
      pid: 7,
      pod: { namespace: 'shop', name: 'shop-api-6d5f7c9b84-x2k4q', workload: 'shop-api' },
    },
  }
  writeFileSync(
    join(folder, 'tetragon.json.gz'),
    gzipSync(JSON.stringify({ process_exec: exec, node_name: 'node-a', time: '2026-03-02T10:00:01Z' })),
  )
}

test('the README’s walk through one’s own application works as it is written', async () => {
  const folder = scratch()
  writeEvents(folder)
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const walk = /Then judge your own application:\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const lines = walk.split('\n').filter((line) => line.startsWith('./runproof'))
  assert.ok(lines.length >= 7)
  for (const line of lines) {
    const argv = line
      .replace(/\s+#.*$/, '')
      .split(' ')
      .slice(1)
      .flatMap((word) => (word.includes('*') ? globSync(word, { cwd: folder }) : [word]))
    const ran = await run(argv, { cwd: folder })
    // A new application that was hardly watched is not a pass; everything else must go well.
    const expected = argv[0] === 'assess' ? [1, 2] : [0]
    assert.ok(expected.includes(ran.code), `${line}: exit ${ran.code}\n${ran.out}\n${ran.err}`)
  }
})

test('every error code has a line in docs/errors.md, and every line a code', () => {
  const source = readFileSync(join(root, 'core/model/errors.ts'), 'utf8')
  const codes = [...source.matchAll(/^ {2}\| '([\w.]+)'$/gm)].map(([, code]) => code)
  const lines = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([\w.]+)` \|/gm)].map(([, code]) => code)
  assert.ok(codes.length > 20)
  assert.deepEqual(new Set(lines), new Set(codes))
  assert.equal(lines.length, codes.length)
})

test('every link between documents leads somewhere', () => {
  const broken = documents.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  )
  assert.deepEqual(broken, [])
})

test('every command has help with usage and an example', async () => {
  for (const name of commands.keys()) {
    const ran = await run([name, '--help'])
    assert.equal(ran.code, 0, name)
    assert.match(ran.out, /usage:/, name)
    assert.match(ran.out, /example|npm start/, name)
  }
})

test('nothing that git keeps is a private key, and the lock names no address', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
  const forbidden = /PRIVATE KEY-----(\s|\\n)*[A-Za-z0-9+/]{48}|"resolved":\s*"http/
  const others = files.filter((file) => file !== 'test/documents.test.ts' && existsSync(join(root, file)))
  const guilty = others.filter((file) => forbidden.test(readFileSync(join(root, file), 'latin1')))
  assert.deepEqual(guilty, [])
})
