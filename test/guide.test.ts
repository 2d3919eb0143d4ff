import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, scratch } from './sample.ts'

/** The commands of a guide, in order. */
function commandsOf(guide: string): string {
  const text = readFileSync(join(root, 'docs', 'guides', guide), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => commands).join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Five minutes: two windows of one minute and whatever else a busy machine needs. */
const LONGEST_MS = 300_000

function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      return readFileSync(join(folder, program)).length > 0
    } catch {
      return false
    }
  })
}

const lacks = ['bash', 'curl', 'openssl'].filter((program) => !has(program))

test(
  'the walk of the first-window guide works word for word',
  { skip: lacks.length > 0 && `${lacks.join(', ')} not on PATH` },
  async () => {
    const cwd = scratch()
    symlinkSync(join(root, 'runproof'), join(cwd, 'runproof'))
    const port = await freePort()
    const script = `set -eu -o pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || :' EXIT\n${commandsOf('first-window.md')}`
    // As a new user has it: nothing of ours is set yet.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RUNPROOF_|NODE_)/.test(name)))
    const shell = spawn('bash', ['-c', script], {
      cwd,
      env: {
        ...env,
        PATH: `${cwd}:${process.env['PATH']}`,
        RUNPROOF_LISTEN_PORT: String(port),
        RUNPROOF_SERVER: `http://127.0.0.1:${port}`,
        NO_COLOR: '1',
      },
    })
    const timer = setTimeout(() => shell.kill('SIGKILL'), LONGEST_MS)
    let said = ''
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const code = await new Promise<number | null>((ended) => shell.once('close', ended))
    clearTimeout(timer)
    assert.equal(code, 0, said)
    assert.match(said, /VERIFIED: shop\/production .* is WAIVED|VERIFIED: shop\/production .*/)
    assert.match(said, /Ada Berg/)
  },
)
