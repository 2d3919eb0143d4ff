import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, scratch } from '../sample.ts'

/** The commands of the guide, in order. */
function commandsOf(guide: string): string {
  const text = readFileSync(join(root, 'docs', 'guides', guide), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => commands).join('\n')
}

const lacks = ['bash', 'grep', 'tail'].filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
const skip = process.platform !== 'linux' ? 'this is not Linux' : lacks.length > 0 ? `${lacks.join(', ')} not on PATH` : false

test('the walk of the guard guide works word for word', { skip }, async () => {
  const cwd = scratch()
  symlinkSync(join(root, 'runproof'), join(cwd, 'runproof'))
  const script = `set -eu -o pipefail -m\ntrap 'kill $(jobs -p) 2> /dev/null || :' EXIT\n${commandsOf('guard.md')}`
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RUNPROOF_|NODE_)/.test(name)))
  const shell = spawn('bash', ['-c', script], { cwd, env: { ...env, PATH: `${cwd}:${process.env['PATH']}`, NO_COLOR: '1' } })
  const timer = setTimeout(() => shell.kill('SIGKILL'), 120_000)
  let said = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((ended) => shell.once('close', ended))
  clearTimeout(timer)
  assert.equal(code, 0, said)
  assert.match(said, /"path":"[^"]*tail"/)
  assert.match(said, /shop-job is in mode audit/)
  assert.match(said, /violations, as expected/)
})
