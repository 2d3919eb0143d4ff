import type { Answer, Query } from '../model/fact.ts'
import { askCommand } from './command.ts'
import { type Context, memoised } from './context.ts'
import { askCrontab } from './crontab.ts'
import { askFile } from './file.ts'
import { askInterfaces } from './interfaces.ts'
import { askKernelModules, askKernelParam } from './kernel.ts'
import { askMounts, askUsage } from './mounts.ts'
import { type PackageList, askPackages, listPackages } from './packages.ts'
import { askProcesses } from './processes.ts'
import { askService, serviceKindOf } from './services.ts'
import { askSockets } from './sockets.ts'
import { askSshd } from './sshd.ts'

/** What answers any query of one host and run. */
export function answererOf(context: Context, now: () => Date): (query: Query) => Promise<Answer<unknown>> {
  const { host } = context
  const packages: PackageList = memoised((manager) => listPackages(host, manager))
  const serviceKind = memoised(() => serviceKindOf(host))
  return async (query) => {
    switch (query.kind) {
      case 'file':
        return askFile(context, query)
      case 'command':
        return askCommand(context, query)
      case 'sockets':
        return askSockets(context)
      case 'processes':
        return askProcesses(context)
      case 'packages':
        return askPackages(packages, query)
      case 'service':
        return askService(context, await serviceKind(undefined), query)
      case 'accounts':
        return { value: { passwd: await context.rows('/etc/passwd'), group: await context.rows('/etc/group') } }
      case 'interfaces':
        return askInterfaces(context)
      case 'mounts':
        return askMounts(context)
      case 'usage':
        return askUsage(context, query)
      case 'kernel-param':
        return askKernelParam(context, query)
      case 'address':
        return host.network.address(query)
      case 'dns':
        return host.network.dns(query)
      case 'http':
        return host.network.http(query)
      case 'certificate':
        if (query.path === null) return host.network.certificate(query)
        return (await import('./net/certificate.ts')).askCertificateFile(host, query, now())
      case 'kernel-modules':
        return askKernelModules(context)
      case 'sshd':
        return askSshd(context, query)
      case 'crontab':
        return askCrontab(context, query)
    }
  }
}
