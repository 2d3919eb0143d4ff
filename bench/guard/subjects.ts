import type { GuardPolicy, ProcessPolicy } from '../../src/guard/policy/model.ts'
import { families } from '../../src/guard/policy/families.ts'
import { syscallNames } from '../../src/guard/policy/syscalls.ts'

/** A third each: whole paths, folders with all that lies in them, starts of names. */
export function patterns(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, i) => [`/srv/app-${i}/config/service.conf`, `/var/lib/service-${i}/*`, `/opt/tool-${i}/bin/run*`][i % 3] ?? '',
  )
}

/** Stars and classes within, and names in any folder. */
export function globs(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, i) => [`/home/*/.config/app-${i}/key`, `**/secret-${i}.pem`, `/srv/app-${i}/*/[ab]?/id_rsa`][i % 3] ?? '',
  )
}

/** What ordinary processes open, and what comes close to a pattern. */
export function misses(count: number): readonly string[] {
  const path = (i: number): string =>
    [
      `/usr/lib/x86_64-linux-gnu/libcrypto.so.${i}`,
      `/srv/app-${i % count}/config/other.conf`,
      `/var/lib/servic/${i}/data`,
      `/home/user${i}/.config/app/${i}`,
    ][i % 4] ?? ''
  return flat(Array.from({ length: SUBJECTS }, (_, i) => path(i)))
}

/** Each matches one pattern; spread over all of them. */
export function hits(count: number): readonly string[] {
  return flat(
    Array.from({ length: SUBJECTS }, (_, i) => {
      const k = Math.floor((i * count) / SUBJECTS)
      return (
        [`/srv/app-${k}/config/service.conf`, `/var/lib/service-${k}/data/${i}.db`, `/opt/tool-${k}/bin/run-${i}`][k % 3] ?? ''
      )
    }),
  )
}

const SUBJECTS = 1000
/** What none of the blocked calls stands for. */
export const quietCalls = ['read', 'write', 'close', 'futex'] as const

/** As many entries as asked for, over and over the calls that there are. */
export function calls(count: number): readonly string[] {
  const quiet: ReadonlySet<string> = new Set(quietCalls)
  const loud = syscallNames().filter((name) => !families(name).some((call) => quiet.has(call)))
  return Array.from({ length: count }, (_, i) => loud[i % loud.length] ?? '')
}

const PORTS = [443, 5432, 8080] as const
export function networks(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0/24:${PORTS[i % 3]}`)
}

/** Each lies in one of the networks. */
export function destinations(count: number): readonly { readonly address: string; readonly port: number }[] {
  const addresses = flat(Array.from({ length: SUBJECTS }, (_, i) => `10.${(i % count) >> 8}.${(i % count) & 255}.${i % 250}`))
  return addresses.map((address, i) => ({ address, port: PORTS[(i % count) % 3] ?? 0 }))
}

export function policyOf(payments: ProcessPolicy): GuardPolicy {
  const alerts = { on_violation: [], on_critical: [] }
  return {
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    processes: { payments },
    alerts,
  }
}

/** In one piece, as a sensor's reader makes them; a text that was put together is taken apart again at its first use. */
function flat(texts: readonly string[]): readonly string[] {
  return JSON.parse(JSON.stringify(texts)) as readonly string[]
}
