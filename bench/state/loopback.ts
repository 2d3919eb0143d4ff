import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

export type Loopback = {
  /** Options of `state validate` that name every host. */
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly close: () => void
}

/**
 * Many hosts that are one: this machine's sshd, started for the purpose on loopback with keys of its own, under so many names. Null where
 * there is no sshd or it does not start.
 */
export async function loopbackHosts(folder: string, hosts: number): Promise<Loopback | null> {
  const sshd = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/usr/local/sbin; command -v sshd'], {
    encoding: 'utf8',
  }).stdout.trim()
  const ssh = spawnSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).stdout.trim()
  if (sshd === '' || ssh === '') return null
  const at = (name: string): string => join(folder, 'ssh', name)
  mkdirSync(at('bin'), { recursive: true, mode: 0o700 })
  for (const key of ['host', 'user'])
    if (spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]).status !== 0) return null
  const port = await freePort()
  writeFileSync(at('sshd.conf'), serverConfig(at, port))
  writeFileSync(at('ssh.conf'), clientConfig(at, port))
  // The system's ssh with a configuration that is not the user's.
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec ${ssh} -F ${at('ssh.conf')} "$@"\n`)
  chmodSync(at('bin/ssh'), 0o755)
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const server = spawn(sshd, ['-D', '-e', '-f', at('sshd.conf')], { stdio: 'ignore' })
  const close = (): void => void server.kill()
  if (!(await answers(port))) {
    close()
    return null
  }
  const names = Array.from({ length: hosts }, (_, number) => `ssh://bench-${number}`)
  return {
    options: ['--targets', names.join(',')],
    env: { PATH: `${at('bin')}:${process.env['PATH'] ?? ''}` },
    close,
  }
}

function serverConfig(at: (name: string) => string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    // Fifty that knock at once are no attack here.
    'MaxStartups 500',
    '',
  ].join('\n')
}

function clientConfig(at: (name: string) => string, port: number): string {
  return [
    'Host bench-*',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${at('user')}`,
    '  IdentitiesOnly yes',
    '  StrictHostKeyChecking no',
    '  UserKnownHostsFile /dev/null',
    '  LogLevel ERROR',
    '',
  ].join('\n')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Whether something answers there within two seconds. */
async function answers(port: number): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy())
    })
    if (isThere) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}
