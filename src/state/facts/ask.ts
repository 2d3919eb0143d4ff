import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import type { Answer, Query } from '../model/fact.ts'
import { type Context, memoised } from './context.ts'
import type * as Command from './command.ts'
import type * as Crontab from './crontab.ts'
import type * as File from './file.ts'
import type * as Interfaces from './interfaces.ts'
import type * as Kernel from './kernel.ts'
import type * as Mounts from './mounts.ts'
import type * as Certificate from './net/certificate.ts'
import type * as Packages from './packages.ts'
import type * as Processes from './processes.ts'
import type * as Services from './services.ts'
import type * as Sockets from './sockets.ts'
import type * as Sshd from './sshd.ts'

const load = createRequire(import.meta.url)
/** Collectors, each read when something is asked of it. */
const command = late(() => load('./command.ts') as typeof Command)
const crontab = late(() => load('./crontab.ts') as typeof Crontab)
const file = late(() => load('./file.ts') as typeof File)
const interfaces = late(() => load('./interfaces.ts') as typeof Interfaces)
const kernel = late(() => load('./kernel.ts') as typeof Kernel)
const mounts = late(() => load('./mounts.ts') as typeof Mounts)
const certificate = late(() => load('./net/certificate.ts') as typeof Certificate)
const packages = late(() => load('./packages.ts') as typeof Packages)
const processes = late(() => load('./processes.ts') as typeof Processes)
const services = late(() => load('./services.ts') as typeof Services)
const sockets = late(() => load('./sockets.ts') as typeof Sockets)
const sshd = late(() => load('./sshd.ts') as typeof Sshd)

/** What answers any query of one host and run. */
export function answererOf(context: Context, now: () => Date): (query: Query) => Promise<Answer<unknown>> {
  const { host } = context
  const listed: Packages.PackageList = memoised((manager) => packages().listPackages(host, manager))
  const serviceKind = memoised(() => services().serviceKindOf(host))
  return async (query) => {
    switch (query.kind) {
      case 'file':
        return file().askFile(context, query)
      case 'command':
        return command().askCommand(context, query)
      case 'sockets':
        return sockets().askSockets(context)
      case 'processes':
        return processes().askProcesses(context)
      case 'packages':
        return packages().askPackages(listed, query)
      case 'service':
        return services().askService(context, await serviceKind(undefined), query)
      case 'accounts':
        return { value: { passwd: await context.rows('/etc/passwd'), group: await context.rows('/etc/group') } }
      case 'interfaces':
        return interfaces().askInterfaces(context)
      case 'mounts':
        return mounts().askMounts(context)
      case 'usage':
        return mounts().askUsage(context, query)
      case 'kernel-param':
        return kernel().askKernelParam(context, query)
      case 'address':
        return host.network.address(query)
      case 'dns':
        return host.network.dns(query)
      case 'http':
        return host.network.http(query)
      case 'certificate':
        if (query.path === null) return host.network.certificate(query)
        return certificate().askCertificateFile(host, query, now())
      case 'kernel-modules':
        return kernel().askKernelModules(context)
      case 'sshd':
        return sshd().askSshd(context, query)
      case 'crontab':
        return crontab().askCrontab(context, query)
    }
  }
}
