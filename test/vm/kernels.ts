import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

export type Kernel = { readonly debian: number; readonly image: string; readonly release: string }
export type Missing = { readonly debian: number; readonly why: string }

const suites = new Map([
  [12, 'bookworm'],
  [13, 'trixie'],
])
const PACKAGE = 'linux-image-cloud-amd64'

/**
 * The stock cloud kernel of a Debian release, downloaded by apt once and kept in the cache. The machine's own sources are only read: a
 * release that they do not name is looked for at the same mirror, in a folder of our own.
 */
export function debianKernel(debian: number): Kernel | Missing {
  const kept = keptIn(cacheOf(debian), debian)
  if (kept !== null) return kept
  const suite = suites.get(debian) ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'runproof-kernel-'))
  try {
    const apt = privateApt(folder, suite)
    if (apt === null) return { debian, why: 'this machine has no Debian mirror among its apt sources' }
    run('apt-get', [...apt, 'update'], folder)
    const real = /Depends: (linux-image-\d\S+)/.exec(run('apt-cache', [...apt, 'depends', PACKAGE], folder))?.[1]
    if (real === undefined) return { debian, why: `the mirror has no ${PACKAGE} in ${suite}` }
    run('apt-get', [...apt, 'download', real], folder)
    const [archive] = globSync('*.deb', { cwd: folder })
    if (archive === undefined) return { debian, why: `apt-get download brought no ${real}` }
    run('dpkg-deb', ['-x', archive, 'k'], folder)
    const [image] = globSync('k/boot/vmlinuz-*', { cwd: folder })
    if (image === undefined) return { debian, why: `${real} holds no kernel` }
    const target = cacheOf(debian)
    mkdirSync(target, { recursive: true })
    const whole = join(target, `${image.split('/').at(-1)}`)
    writeFileSync(`${whole}.part`, readFileSync(join(folder, image)))
    renameSync(`${whole}.part`, whole)
    return keptIn(target, debian) ?? { debian, why: 'the kernel cannot be kept' }
  } catch (error) {
    return { debian, why: `its kernel cannot be had: ${whyOf(error)}` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function cacheOf(debian: number): string {
  const { XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
  return join(XDG_CACHE_HOME, 'runproof', 'kernels', `debian-${debian}-amd64`)
}

function keptIn(folder: string, debian: number): Kernel | null {
  if (!existsSync(folder)) return null
  const [name] = globSync('vmlinuz-*', { cwd: folder })
    .filter((each) => !each.endsWith('.part'))
    .sort()
    .slice(-1)
  return name === undefined ? null : { debian, image: join(folder, name), release: name.slice('vmlinuz-'.length) }
}

/** Options for an apt of our own, with the mirror and the key that this machine uses. */
function privateApt(folder: string, suite: string): readonly string[] | null {
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(SIGNED_BY) $(ORIGIN) $(LABEL)', 'Created-By: Packages'],
    {
      encoding: 'utf8',
    },
  )
  const found = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([uri, , origin, label]) => uri !== undefined && origin === 'Debian' && label === 'Debian')
  if (found === undefined) return null
  const [uri = '', key = ''] = found
  for (const each of ['lists/partial', 'cache/archives/partial', 'parts', 'preferences'])
    mkdirSync(join(folder, each), { recursive: true })
  // Where a source names no key, apt leaves its own word for it as it is.
  const signed = key.startsWith('/') ? `[signed-by=${key}] ` : ''
  writeFileSync(join(folder, 'sources.list'), `deb ${signed}${uri} ${suite} main\n`)
  const settings = {
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'parts'),
    'Dir::Etc::preferencesparts': join(folder, 'preferences'),
    'APT::Architecture': 'amd64',
    'Acquire::Languages': 'none',
    // Downloads go to a folder that only we may write to.
    'APT::Sandbox::User': '',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** What the program said last, which is mostly why. */
function whyOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : ''
  if (said !== undefined && said !== '') return said
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}

function run(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 180_000 })
}
