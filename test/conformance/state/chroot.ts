import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The host that the answers were recorded on: a plain Debian 12. */
const SUITE = 'bookworm'
/** systemd is there but not running, as on the recorded host: goss asks its files which services there are. The rest is for audits and SSH. */
const MORE = ['systemd', 'openssh-server', 'openssh-client', 'procps', 'kmod', 'iproute2', 'curl']
const VERSION = 3
const repository = join(import.meta.dirname, '..', '..', '..')

/** Why no such host can be made here; null: it can. */
export function whyNot(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0) return 'it needs root, for a chroot and a network of its own'
  for (const program of ['debootstrap', 'unshare', 'mount', 'chroot', 'ip'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`
  if (spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status !== 0)
    return 'the kernel refuses namespaces of our own'
  return null
}

/** Where the plain Debian is kept, whether or not it is there yet. */
export function debianFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'runproof', `state-conformance-${SUITE}-${VERSION}`)
}

/** The folder of a plain Debian 12, made once for this machine by debootstrap from its own mirror. @throws Error where that fails */
export function plainDebian(say: (text: string) => void): string {
  const root = debianFolder()
  if (existsSync(root)) return root
  const cache = dirname(root)
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, 'debootstrap-'))
  say(`making a plain Debian (${SUITE}) in ${root}, once`)
  const mirror = mirrorOf(SUITE)
  const made = spawnSync(
    'debootstrap',
    ['--variant=minbase', `--include=${MORE.join(',')}`, SUITE, making, ...(mirror === null ? [] : [mirror])],
    {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  if (made.status !== 0) {
    rmSync(making, { recursive: true, force: true })
    throw new Error(`debootstrap failed: ${(made.stderr || made.stdout).trim().split('\n').at(-1) ?? ''}`)
  }
  writeFileSync(join(making, 'etc', 'hosts'), '127.0.0.1 localhost\n')
  writeFileSync(join(making, 'etc', 'resolv.conf'), '')
  renameSync(making, root)
  return root
}

/** The mirror that this machine's own apt asks for that suite; null: whatever debootstrap takes. */
function mirrorOf(suite: string): string | null {
  for (const file of globSync('/etc/apt/{sources.list,sources.list.d/*}')) {
    const text = readFileSync(file, 'utf8')
    const line = new RegExp(`^deb (?:\\[[^\\]]*\\] )?(\\S+) ${suite} `, 'm').exec(text)?.[1]
    if (line !== undefined) return line
    for (const stanza of text.split(/\n\s*\n/)) {
      const suites = /^Suites:(.*)$/m.exec(stanza)?.[1] ?? ''
      const uri = /^URIs:\s*(\S+)/m.exec(stanza)?.[1]
      if (uri !== undefined && suites.trim().split(/\s+/).includes(suite)) return uri
    }
  }
  return null
}

/** What is put into the host for one session, beside the repository and Node. */
export type Session = {
  readonly root: string
  /** Path inside → path outside; read-only but for `/opt/out` and Node's own cache. */
  readonly binds: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  readonly timeoutMs: number
}

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/**
 * Runs a program as root of a Debian that is thrown away afterwards: its own mounts over the cached folder, its own processes, and a
 * network of its own with nothing but loopback. Inside, Node is `/opt/node` and this repository `/opt/runproof`.
 */
export async function runInside({ root, binds, argv, timeoutMs }: Session): Promise<Ended> {
  const scratch = mkdtempSync(join(tmpdir(), 'runproof-chroot-'))
  const cache = `${root}-node`
  mkdirSync(cache, { recursive: true })
  const all = { '/opt/runproof': repository, '/opt/node': process.execPath, '/opt/cache': cache, ...binds }
  const pairs = Object.entries(all).flatMap(([inside, outside]) => [inside, outside])
  const args = [
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    script,
    'sh',
    root,
    scratch,
    String(pairs.length / 2),
  ]
  const child = spawn('unshare', [...args, ...pairs, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  rmSync(scratch, { recursive: true, force: true })
  return { code, stdout, stderr }
}

/** A layer over the cached folder, so that nothing stays; where the kernel has no overlay, the folder itself with /tmp of its own. */
const script = `set -eu
root=$1; scratch=$2; count=$3; shift 3
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root" 2>/dev/null ||
  { mount --bind "$root" "$scratch/root"; mount -t tmpfs -o mode=1777 tmpfs "$scratch/root/tmp"; }
new=$scratch/root
mount -t proc proc "$new/proc"
mount --rbind /dev "$new/dev"
mount -t sysfs sysfs "$new/sys" 2>/dev/null || :
ip link set lo up
while [ "$count" -gt 0 ]; do
  if [ -d "$2" ]; then mkdir -p "$new$1"; else mkdir -p "$(dirname "$new$1")"; touch "$new$1"; fi
  mount --bind "$2" "$new$1"
  case $1 in /opt/out | /opt/cache) ;; *) mount -o remount,ro,bind "$new$1" ;; esac
  shift 2; count=$((count - 1))
done
exec chroot "$new" /usr/bin/env -i HOME=/root NODE_COMPILE_CACHE=/opt/cache PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
`
