/**
 * Runs gossfiles by goss, by us, and by us over SSH, all in one plain Debian, and prints where the verdicts part. Called with a JSON list of
 * suites; goss is /opt/goss, the trees are below /opt/trees.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

export type SuiteToRun = {
  readonly name: string
  /** Below /opt/trees, copied so that it can be written. */
  readonly tree: string
  /** Options before the subcommand, the gossfile among them; run in the copied tree. */
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string>>
}
export type Parted = {
  readonly name: string
  readonly how: string
  readonly exits: readonly [number | null, number | null]
  readonly results: number
  readonly differences: readonly string[]
}

const PORT = 2222
const ours = ['/opt/node', '/opt/runproof/src/main.ts', 'state']

const suites = JSON.parse(process.argv[2] ?? '[]') as readonly SuiteToRun[]
await startSshd()
const parted: Parted[] = []
for (const { name, tree, options, env } of suites) {
  const cwd = join('/tmp/suites', name)
  mkdirSync('/tmp/suites', { recursive: true })
  cpSync(join('/opt/trees', tree), cwd, { recursive: true })
  const validate = ['validate', '-f', 'json', '-o', 'sort']
  const goss = ran('/opt/goss', [...options, ...validate], cwd, env)
  const ssh = ['--target', `ssh://root@127.0.0.1:${PORT}`]
  for (const [how, extra, before] of [
    ['local', [], ['--goss-compat']],
    ['ssh', ssh, ['--goss-compat']],
    ['local, our dialect', [], []],
  ] as const) {
    const [program = '', ...first] = ours
    const own = ran(program, [...first, ...before, ...options, ...validate, ...extra], cwd, env)
    parted.push({ name, how, exits: [goss.exit, own.exit], ...compare(goss.text, own.text, own.stderr) })
  }
}
process.stdout.write(JSON.stringify(parted))
process.exit(0)

type Ran = { readonly exit: number | null; readonly text: string; readonly stderr: string }

function ran(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Ran {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 240_000,
  } as const
  const { status, stdout, stderr } = spawnSync(program, [...args], options)
  return { exit: status, text: stdout, stderr }
}

type Result = {
  'resource-type': string
  'resource-id': string
  property: string
  result: number
  err: string | null
  'summary-line-compact': string
}

function compare(theirs: string, own: string, stderr: string): { results: number; differences: readonly string[] } {
  const [a, b] = [resultsOf(theirs), resultsOf(own)]
  if (a === null || b === null)
    return {
      results: 0,
      differences: [
        `no JSON of ${a === null ? `goss: ${theirs.slice(0, 500)}` : `ours: ${own.slice(0, 500)} ${stderr.slice(0, 1000)}`}`,
      ],
    }
  withMaskedNames(a, b)
  const names = [...new Set([...a.keys(), ...b.keys()])]
  const differences = names
    .filter((name) => a.get(name)?.result !== b.get(name)?.result)
    .map((name) => `${name}: goss ${wordsOf(a.get(name))}, ours ${wordsOf(b.get(name))}`)
  return { results: a.size, differences }
}

/** Our dialect masks secrets in names: such a result is held against the one that goss has in its place. */
function withMaskedNames(theirs: ReadonlyMap<string, Result>, own: Map<string, Result>): void {
  for (const [name, result] of own) {
    if (!name.includes('[redacted:')) continue
    const pattern = name.split(/\[redacted:[^\]]*\]/)
    const plain = [...theirs.keys()].find(
      (other) => !own.has(other) && other.startsWith(pattern[0] ?? '') && other.endsWith(pattern.at(-1) ?? ''),
    )
    if (plain === undefined) continue
    own.delete(name)
    own.set(plain, result)
  }
}

function wordsOf(result: Result | undefined): string {
  return result === undefined ? 'nothing' : `${result.result} ${result['summary-line-compact'].slice(0, 300)}`
}

function resultsOf(text: string): Map<string, Result> | null {
  try {
    const { results } = JSON.parse(text) as { results: Result[] }
    return new Map(results.map((one) => [`${one['resource-type']} ${one['resource-id']} ${one.property}`, one]))
  } catch {
    return null
  }
}

/** A real sshd on loopback; root comes in with a key that was made for this. */
async function startSshd(): Promise<void> {
  mkdirSync('/run/sshd', { recursive: true })
  mkdirSync('/root/.ssh', { recursive: true, mode: 0o700 })
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', '/root/.ssh/id_ed25519'])
  spawnSync('sh', ['-c', 'cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys; ssh-keygen -A'])
  writeFileSync('/root/.ssh/config', 'Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n', { mode: 0o600 })
  spawn('/usr/sbin/sshd', ['-D', '-p', String(PORT), '-o', 'ListenAddress=127.0.0.1', '-o', 'MaxStartups=200'], {
    stdio: 'ignore',
  })
  for (let tries = 0; tries < 100; tries++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(PORT, '127.0.0.1', () => resolve(true))
      socket.on('connect', () => socket.destroy()).on('error', () => resolve(false))
    })
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('sshd did not start')
}
