import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A thousand checks of the kinds that audits are made of: files, kernel settings, users, commands, ports. All of them hold on any Linux. */
export function mixed(checks: number): string {
  const [files, settings, users, commands] = [0.6, 0.1, 0.15, 0.1].map((share) => Math.max(1, Math.round(checks * share)))
  const ports = Math.max(1, checks - (files ?? 0) - (settings ?? 0) - (users ?? 0) - (commands ?? 0))
  const section = (name: string, count: number | undefined, line: (at: number) => string): string =>
    `${name}:\n${Array.from({ length: count ?? 0 }, (_, at) => `  ${line(at)}\n`).join('')}`
  return [
    section('file', files, (at) => `f${at}: {path: /etc/passwd, exists: true}`),
    section('kernel-param', settings, (at) => `k${at}: {name: kernel.ostype, value: Linux}`),
    section('user', users, (at) => `u${at}: {username: root, exists: true}`),
    section('command', commands, (at) => `'echo ${at}': {exit-status: 0}`),
    section('port', ports, (at) => `'tcp:${at + 1}': {listening: {or: [true, false]}}`),
  ].join('')
}

/** So many package names: those that dpkg has here, then names that nobody has. Whether they are installed is left open. */
export function packages(count: number): string {
  const { stdout } = spawnSync('dpkg-query', ['-f', '${Package}\\n', '-W'], { encoding: 'utf8' })
  const known = [...new Set((stdout ?? '').split('\n').filter((name) => name !== ''))]
  const names = Array.from({ length: count }, (_, at) => known[at] ?? `nobody-has-${at}`)
  return `package:\n${names.map((name) => `  '${name}': {installed: {or: [true, false]}}\n`).join('')}`
}

/** Writes a gossfile into a folder of its own and gives its path. */
export function written(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.yaml`)
  writeFileSync(path, text)
  return path
}
