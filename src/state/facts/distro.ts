import { textOf } from './bytes.ts'
import type { Host } from './host.ts'

export type Distro = 'ubuntu' | 'redhat' | 'alpine' | 'arch' | 'debian' | null

const SMALL = 64 * 1024

/** Which distribution it is, by the files that goss looks at, in its order. */
export async function distroOf(host: Host): Promise<Distro> {
  const lsb = await host.readFile('/etc/lsb-release', SMALL)
  if ('value' in lsb && textOf(lsb.value).includes('Ubuntu')) return 'ubuntu'
  for (const [path, distro] of MARKS) if ('value' in (await host.stat(path))) return distro
  return null
}

const MARKS = [
  ['/etc/redhat-release', 'redhat'],
  ['/etc/system-release', 'redhat'],
  ['/etc/alpine-release', 'alpine'],
  ['/etc/arch-release', 'arch'],
  ['/etc/debian_version', 'debian'],
] as const

/** Debian before 9: systemd with services that only sysv knows. */
export async function isOldDebian(host: Host): Promise<boolean> {
  const version = await host.readFile('/etc/debian_version', SMALL)
  const major = 'value' in version ? /^(\d+)\./.exec(textOf(version.value))?.[1] : undefined
  return major !== undefined && Number(major) < 9
}
