import type { AnswerOf, PackagesFact, QueryOf } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import { distroOf } from './distro.ts'
import { whyNot } from './file-attributes.ts'
import type { Host } from './host.ts'
import { type PackageRow, parseApk, parseDpkg, parsePacman, parseRpm, rpmNamesOf } from './package-lists.ts'

type Manager = NonNullable<PackagesFact['manager']>

const COMMANDS: Readonly<Record<Manager, readonly [string, ...string[]]>> = {
  dpkg: ['dpkg-query', '-W', '-f', '${Package}\\t${Architecture}\\t${Status}\\t${Version}\\n'],
  rpm: [
    ...(['rpm', '-qa', '--nosignature', '--nohdrchk', '--nodigest', '--qf'] as const),
    '%{NAME}\\t%{ARCH}\\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n',
  ],
  apk: ['apk', 'info', '-v'],
  pacman: ['pacman', '-Q', '--color', 'never', '--noconfirm'],
}
const PARSERS: Readonly<Record<Manager, (printed: string) => readonly PackageRow[]>> = {
  dpkg: parseDpkg,
  rpm: parseRpm,
  apk: parseApk,
  pacman: parsePacman,
}

/** What a host's package manager lists; asked once however many want it. */
export type PackageList = (manager: PackagesFact['manager']) => Promise<Listed>
type Listed = { readonly manager: PackagesFact['manager']; readonly problem: string | null; readonly printed: string }

/** The whole list in one call, whatever is asked of it: a thousand packages cost what one does. */
export async function askPackages(list: PackageList, ask: QueryOf<'packages'>): Promise<AnswerOf<'packages'>> {
  const { manager, problem, printed } = await list(ask.manager)
  const isKnown = manager !== null && problem === null
  return { value: { manager, problem, installed: isKnown ? await installedBy(manager, printed, ask.patterns) : {} } }
}

/** Null: whichever manager the host has. */
export async function listPackages(host: Host, asked: PackagesFact['manager']): Promise<Listed> {
  const manager = asked ?? (await managerOf(host))
  if (manager === null) return { manager, problem: 'no known package manager is installed there', printed: '' }
  const run = await host.run(COMMANDS[manager])
  if (run.kind !== 'exited') return { manager, problem: whyNot(COMMANDS[manager][0], run), printed: '' }
  const isWhole = run.status === 0 && !run.stdout.cut
  const problem = `${COMMANDS[manager][0]} ended with ${run.status}: ${textOf(run.stderr).trim().slice(0, 500)}`
  return { manager, problem: isWhole ? null : problem, printed: textOf(run.stdout) }
}

/** By distribution, else the first one on the PATH. */
async function managerOf(host: Host): Promise<Manager | null> {
  const distro = await distroOf(host)
  if (distro !== null) return BY_DISTRO[distro]
  for (const manager of ['dpkg', 'rpm', 'apk', 'pacman'] as const) if (await host.has(manager)) return manager
  return null
}

const BY_DISTRO = { ubuntu: 'dpkg', redhat: 'rpm', alpine: 'apk', arch: 'pacman', debian: 'dpkg' } as const

/** Names → versions; then one key per pattern that matches something. */
async function installedBy(manager: Manager, printed: string, patterns: readonly string[]): Promise<PackagesFact['installed']> {
  const rows = PARSERS[manager](printed)
  const installed = new Map<string, string[]>()
  for (const row of rows) for (const name of namesOf(manager, row)) push(installed, name, row.version)
  const matches = await matcherOf(manager, patterns)
  for (const pattern of patterns) {
    const matching = rows.filter((row) => matches(row, pattern))
    const versions = matching.map(({ version }) => version)
    if (versions.length > 0) installed.set(pattern, versions)
  }
  return Object.fromEntries(installed)
}

function namesOf(manager: Manager, { name, architecture }: PackageRow): readonly string[] {
  if (manager === 'dpkg') return [name, `${name}:${architecture}`]
  return manager === 'rpm' ? [name, `${name}.${architecture}`] : [name]
}

type Matcher = (row: PackageRow, pattern: string) => boolean

async function matcherOf(manager: Manager, patterns: readonly string[]): Promise<Matcher> {
  // Patterns need the engine for regular expressions; names do not.
  if (manager === 'dpkg' && patterns.length > 0) return (await import('./dpkg-pattern.ts')).dpkgMatches
  return manager === 'rpm' ? (row, pattern) => rpmNamesOf(row).includes(pattern) : ({ name }, pattern) => name === pattern
}

function push(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
