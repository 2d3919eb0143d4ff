import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, rounded, timed, type Bench } from './bench.ts'
import { mixed, packages, written } from './state/gossfiles.ts'
import { loopbackHosts } from './state/loopback.ts'

const root = join(import.meta.dirname, '..')
const launcher = join(root, 'runproof')
/** Test data of others, beside the repository where it is there at all. */
const cis = join(root, '..', 'shared', 'corpus', 'state', 'real', 'debian12-cis')

const CHECKS = 1000
const HOSTS = 50
const passedOrFailed = new Set([0, 1])

/** Whole runs from the shell, start-up included, beside goss's own where its binary is there. */
export const stateBench: Bench = {
  name: 'state',
  figures: {
    mixed_1000_ms: '1,000 checks: files, settings, users, commands, ports',
    goss_mixed_1000_ms: 'the same by goss',
    packages_1000_ms: '1,000 packages',
    goss_packages_1000_ms: 'the same by goss',
    cis_ms: 'the CIS audit of Debian 12',
    goss_cis_ms: 'the same by goss',
    ssh_50_hosts_ms: '50 hosts over SSH on loopback, 20 facts each',
  },
  async run({ quick, scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-state-'))
    const goss = gossBinary()
    const rounds = Math.max(1, Math.round((quick ? 5 : 15) * scale))
    const figures: Record<string, number> = {}
    const missing: string[] = goss === null ? ['goss'] : []
    try {
      const checks = Math.max(5, Math.round(CHECKS * scale))
      for (const [name, text] of [
        ['mixed_1000_ms', mixed(checks)],
        ['packages_1000_ms', packages(checks)],
      ] as const)
        Object.assign(figures, await beside(name, written(folder, name, text), [], folder, goss, rounds))
      if (existsSync(cis) && scale === 1) Object.assign(figures, await audit(folder, goss, Math.min(rounds, 5)))
      else missing.push('the CIS audit')
      const ssh = await overSsh(folder, Math.max(1, Math.round(HOSTS * scale)))
      if (ssh === null) missing.push('sshd')
      else figures['ssh_50_hosts_ms'] = ssh
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const note = `median of ${rounds}, whole processes`
    return { figures, note: missing.length === 0 ? note : `${note}; not measured here: ${missing.join(', ')}` }
  },
}

/** Ours and goss's in turn, so that both see the same machine. */
async function beside(
  name: string,
  gossfile: string,
  options: readonly string[],
  cwd: string,
  goss: string | null,
  rounds: number,
): Promise<Record<string, number>> {
  const args = [...options, '-g', gossfile, 'validate', '-f', 'silent']
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push((await timed(() => ran(launcher, ['state', ...args], cwd))).ms)
    if (goss !== null) theirs.push((await timed(() => ran(goss, args, cwd))).ms)
  }
  const figures = { [name]: rounded(median(ours)) }
  return goss === null ? figures : { ...figures, [`goss_${name}`]: rounded(median(theirs)) }
}

/** Without rule 1.2.2.1, which would ask the package mirror for updates. */
async function audit(folder: string, goss: string | null, rounds: number): Promise<Record<string, number>> {
  const copy = join(folder, 'cis')
  cpSync(join(cis, 'files'), copy, { recursive: true })
  return beside(
    'cis_ms',
    join(copy, 'goss.yml'),
    ['--vars', join(copy, 'vars', 'CIS.yml'), '--vars-inline', cisVariables()],
    copy,
    goss,
    rounds,
  )
}

/** What the audit's own script would fill in, as it is recorded beside it. */
function cisVariables(): string {
  const { runs } = JSON.parse(readFileSync(join(cis, 'case.json'), 'utf8')) as { runs: { args: string[] }[] }
  const args = runs[0]?.args ?? []
  return args[args.indexOf('--vars-inline') + 1] ?? ''
}

async function overSsh(folder: string, hosts: number): Promise<number | null> {
  const loopback = await loopbackHosts(folder, hosts)
  if (loopback === null) return null
  try {
    const gossfile = written(folder, 'ssh', mixed(20))
    const args = ['state', '-g', gossfile, 'validate', ...loopback.options, '--parallel', String(hosts), '--json']
    const { ms } = await timed(() => ran(launcher, args, folder, loopback.env))
    return rounded(ms)
  } finally {
    loopback.close()
  }
}

function ran(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): void {
  const { status, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (!passedOrFailed.has(status ?? -1)) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`)
}

/** goss where it was put for the tests, or on the path; null: nowhere. */
function gossBinary(): string | null {
  const cached = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'runproof', 'tools', 'goss')
  if (existsSync(cached)) return cached
  return spawnSync('goss', ['--version'], { stdio: 'ignore' }).status === 0 ? 'goss' : null
}
