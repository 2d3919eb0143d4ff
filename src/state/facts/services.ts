import type { Answer, AnswerOf, QueryOf, ServiceFact } from '../model/fact.ts'
import { textOf } from './bytes.ts'
import type { Context } from './context.ts'
import { distroOf, isOldDebian } from './distro.ts'
import { errnoText } from './go-errors.ts'
import type { Host } from './host.ts'

type Kind = 'systemd' | 'systemd-sysv' | 'upstart' | 'openrc' | 'sysv'

const SMALL = 256 * 1024

/** What manages services there: `systemctl` on the PATH decides, else the distribution. */
export async function serviceKindOf(host: Host): Promise<Kind> {
  if (await host.has('systemctl')) return (await isOldDebian(host)) ? 'systemd-sysv' : 'systemd'
  const distro = await distroOf(host)
  return distro === null ? 'sysv' : BY_DISTRO[distro]
}

const BY_DISTRO = { ubuntu: 'upstart', alpine: 'openrc', arch: 'systemd', redhat: 'sysv', debian: 'sysv' } as const

/** A name with a slash is no service: not enabled, not running. */
export async function askService({ host }: Context, kind: Kind, { name }: QueryOf<'service'>): Promise<AnswerOf<'service'>> {
  const manager = kind === 'systemd-sysv' ? 'systemd' : kind
  if (name.includes('/')) {
    return { value: { manager, enabled: { value: false }, running: { value: false }, runlevels: { value: null } } }
  }
  const ask = manager === 'systemd' ? askSystemd : manager === 'upstart' ? askUpstart : askInit
  return { value: { manager, ...(await ask(host, kind, name)) } }
}

type Parts = Omit<ServiceFact, 'manager'>

async function askSystemd(host: Host, kind: Kind, name: string): Promise<Parts> {
  const [enabled, running] = await Promise.all([
    succeeds(host, ['systemctl', '-q', 'is-enabled', name]),
    succeeds(host, ['systemctl', '-q', 'is-active', name]),
  ])
  const runlevels = { value: null }
  if (kind === 'systemd') return { enabled, running, runlevels }
  const sysv = await askInit(host, 'sysv', name)
  return { enabled: either(enabled, sysv.enabled), running: either(running, sysv.running), runlevels }
}

/** `manual` in the override switches a job off, whatever its own file says; a job without `start on` may still have sysv links. */
async function askUpstart(host: Host, _: Kind, name: string): Promise<Parts> {
  const sysv = await runlevelsBy(host, 'sysv', name)
  const [override, job] = await Promise.all([
    host.readFile(`/etc/init/${name}.override`, SMALL),
    host.readFile(`/etc/init/${name}.conf`, SMALL),
  ])
  const isManual = 'value' in override && /^manual/m.test(textOf(override.value))
  const starts = 'value' in job && /^\s*start on/m.test(textOf(job.value))
  const status = await host.run(['service', name, 'status'])
  const says = status.kind === 'exited' && status.status === 0 ? textOf(status.stdout) : ''
  return {
    enabled: { value: !isManual && (starts || hasAny(sysv)) },
    running: { value: /running|online/.test(says) },
    runlevels: sysv,
  }
}

async function askInit(host: Host, kind: Kind, name: string): Promise<Parts> {
  const runlevels = await runlevelsBy(host, kind, name)
  const running = await succeeds(host, ['service', name, 'status'])
  return { enabled: 'error' in runlevels ? runlevels : { value: hasAny(runlevels) }, running, runlevels }
}

function hasAny(runlevels: Answer<readonly string[] | null>): boolean {
  return 'value' in runlevels && runlevels.value !== null && runlevels.value.length > 0
}

/** Exit 0 is yes and everything else no, as goss has it; a program that is missing or never ends is an error. */
async function succeeds(host: Host, argv: readonly [string, ...string[]]): Promise<Answer<boolean>> {
  const run = await host.run(argv)
  switch (run.kind) {
    case 'exited':
      return { value: run.status === 0 }
    case 'missing':
      return { error: `exec: "${argv[0]}": executable file not found in $PATH` }
    case 'timeout':
      return { error: `${argv[0]}: ${errnoText('ETIMEDOUT')}` }
    case 'failed':
      return { error: `${argv[0]}: ${run.message}` }
  }
}

function either(first: Answer<boolean>, second: Answer<boolean>): Answer<boolean> {
  return 'value' in first && first.value ? first : 'value' in second && second.value ? second : first
}

/** openrc: folders of /etc/runlevels that hold the name; sysv: `S??name` of /etc/rc*.d. */
async function runlevelsBy(host: Host, kind: Kind, name: string): Promise<Answer<readonly string[] | null>> {
  const root = kind === 'openrc' ? '/etc/runlevels' : '/etc'
  const folders = await host.list(root)
  if ('errno' in folders) return { value: null }
  const found: string[] = []
  for (const folder of folders.value) {
    const level = kind === 'openrc' ? folder : /^rc(\d+)\.d$/.exec(folder)?.[1]
    if (level !== undefined && (await holds(host, `${root}/${folder}`, kind, name))) found.push(level)
  }
  return { value: found.length > 0 ? found : null }
}

async function holds(host: Host, folder: string, kind: Kind, name: string): Promise<boolean> {
  const entries = await host.list(folder)
  if ('errno' in entries) return false
  return entries.value.some(
    (entry) => (kind === 'openrc' ? entry : entry.replace(/^S\d\d/, '')) === name && (kind === 'openrc' || /^S\d\d/.test(entry)),
  )
}
