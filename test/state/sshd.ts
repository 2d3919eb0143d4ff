import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findTool } from '../tools/find.ts'

export type Sshd = {
  /** `ssh` with a configuration in which every host name leads to this server. */
  readonly ssh: readonly [string, ...string[]]
  readonly port: number
  /** Sessions that it accepted so far. */
  readonly sessions: () => number
  readonly stop: () => Promise<void>
}

/** Where Debian's server insists on a folder. */
const RUN = '/run/sshd'

/** Why there can be no server here; null: there can. */
export function whyNoSshd(): string | false {
  if (sshdPath() === null || findTool('ssh') === null || findTool('ssh-keygen') === null) return 'openssh-server is not installed'
  return existsSync(RUN) || userInfo().uid === 0 ? false : `${RUN} is not there, and only root may make it`
}

function sshdPath(): string | null {
  return findTool('sshd') ?? ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path)) ?? null
}

/** A real server on a port of loopback, with keys of its own, that lets in whoever runs the test. */
export async function startSshd(settings: readonly string[] = []): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-sshd-'))
  const madeRun = !existsSync(RUN)
  if (madeRun) mkdirSync(RUN, { mode: 0o755 })
  const port = await freePort()
  for (const key of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)])
  writeFiles(folder, port, settings)
  const child = spawn(sshdPath() ?? 'sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log: string[] = []
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString('utf8')))
  await listening(port, child, log)
  return {
    ssh: ['ssh', '-F', join(folder, 'ssh_config')],
    port,
    sessions: () => (log.join('').match(/Accepted publickey/g) ?? []).length,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve))
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await ended
      }
      rmSync(folder, { recursive: true, force: true })
      if (madeRun) rmdirSync(RUN)
    },
  }
}

function writeFiles(folder: string, port: number, settings: readonly string[]): void {
  const user = userInfo().username
  const server = [
    ...settings,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
    `PidFile ${join(folder, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'MaxStartups 500',
    'LogLevel INFO',
  ]
  const client = [
    'Host *',
    'HostName 127.0.0.1',
    'HostKeyAlias the-test',
    `Port ${port}`,
    `User ${user}`,
    `IdentityFile ${join(folder, 'user')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
  ]
  writeFileSync(join(folder, 'sshd_config'), `${server.join('\n')}\n`)
  writeFileSync(join(folder, 'ssh_config'), `${client.join('\n')}\n`)
  writeFileSync(join(folder, 'known_hosts'), `the-test ${readFileSync(join(folder, 'host.pub'), 'utf8')}`)
}

async function listening(port: number, child: ChildProcess, log: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${log.join('')}`)
    if (await answers(port)) return
    await wait(50)
  }
  throw new Error(`sshd never listened: ${log.join('')}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
