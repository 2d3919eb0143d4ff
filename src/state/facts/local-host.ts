import { createRequire } from 'node:module'
import { homedir, hostname, machine } from 'node:os'
import { late } from '../../lib/late.ts'
import type { Host } from './host.ts'
import { localFiles } from './local-files.ts'
import type * as LocalProcesses from './local-processes.ts'
import type * as LocalPrograms from './local-programs.ts'
import type { Programs } from './local-programs.ts'
import type { Network } from './net/network.ts'
import { isOnPath } from './on-path.ts'
import type { CollectOptions } from './options.ts'

const load = createRequire(import.meta.url)
/** Starting programs is long to load, and most questions need none. */
const programsModule = late(() => load('./local-programs.ts') as typeof LocalPrograms)
const processesModule = late(() => load('./local-processes.ts') as typeof LocalProcesses)

/** This machine, asked by system calls; a process only where there is no call (packages, services, `getcap`). Close it after use. */
export function localHost(options: CollectOptions): { readonly host: Host; readonly close: () => void } {
  let opened: Programs | null = null
  const programs = (): Programs => (opened ??= programsModule().localPrograms(options))
  const host: Host = {
    ...localFiles,
    ...{ name: hostname(), architecture: machine(), cwd: process.cwd(), home: homedir(), uid: process.geteuid?.() ?? -1 },
    processes: async () => processesModule().localProcesses(),
    has: async (program) => isOnPath(program),
    run: async (argv, timeoutMs) => programs().run(argv, timeoutMs),
    shell: async (command, timeoutMs) => programs().shell(command, timeoutMs),
    network: lateNetwork(options),
  }
  return { host, close: () => opened?.close() }
}

/** The half that speaks HTTP and TLS takes as long to load as a hundred files to ask: only who needs it waits for it. */
function lateNetwork(options: CollectOptions): Network {
  const network = async (): Promise<Network> => (await import('./net/local-network.ts')).localNetwork(options)
  return {
    address: async (ask) => (await network()).address(ask),
    dns: async (ask) => (await network()).dns(ask),
    http: async (ask) => (await network()).http(ask),
    certificate: async (ask) => (await network()).certificate(ask),
  }
}
