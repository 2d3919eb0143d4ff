import { createServer } from 'node:net'
import type { Host } from '../facts/host.ts'
import { localHost } from '../facts/local-host.ts'
import type { CollectOptions } from '../facts/options.ts'
import type { Query } from '../model/fact.ts'
import type { TargetSpec } from './address.ts'
import { networkOf } from './network-of.ts'
import { type Session, openSession } from './session.ts'
import { greet, shellHost } from './shell-host.ts'
import { type TransportOptions, shellCommand } from './transport.ts'

export type OpenTarget = { readonly host: Host; readonly close: () => Promise<void> }

/** A host, ready to be asked. One session, or none for this machine. @throws TargetError with the transport's own last words */
export async function openTarget(
  spec: TargetSpec,
  queries: readonly Query[],
  options: CollectOptions & TransportOptions,
): Promise<OpenTarget> {
  if (spec.address.transport === 'local' && !spec.sudo) {
    const local = localHost(options)
    return { host: local.host, close: async () => local.close() }
  }
  const needsForwarding = spec.address.transport === 'ssh' && queries.some(asksNetwork)
  const socksPort = needsForwarding ? await freePort() : null
  const session = openSession(shellCommand(spec, options, socksPort), options.signal)
  try {
    return { host: await hostOf(session, socksPort, options), close: session.close }
  } catch (error) {
    await session.close()
    throw error
  }
}

async function hostOf(session: Session, socksPort: number | null, options: CollectOptions): Promise<Host> {
  const hello = await greet(session)
  const far: { host: Host | null } = { host: null }
  const there = (): Host => {
    if (far.host === null) throw new TypeError('asked before it was there')
    return far.host
  }
  const network = networkOf(
    session,
    hello,
    {
      run: (argv, timeoutMs) => there().run(argv, timeoutMs),
      files: { cwd: hello.cwd, readFile: (path, limit) => there().readFile(path, limit) },
    },
    socksPort,
    options,
  )
  far.host = shellHost(session, hello, options.limits.reading, network)
  return far.host
}

function asksNetwork(query: Query): boolean {
  if (query.kind === 'certificate') return query.path === null
  return query.kind === 'address' || query.kind === 'dns' || query.kind === 'http'
}

/** A port of loopback that nobody has. Whoever takes it first makes ssh fail, and says so. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
