import { localFiles } from '../local-files.ts'
import type { CollectOptions } from '../options.ts'
import { localWire } from './local-wire.ts'
import type { Network } from './network.ts'
import { proxyEnvironmentOf } from './proxy.ts'
import { wireNetwork } from './wire-network.ts'

/** This machine's own network. */
export function localNetwork({ dialect, limits }: CollectOptions): Network {
  const files = { readFile: localFiles.readFile, cwd: process.cwd() }
  const environment = proxyEnvironmentOf(process.env)
  return wireNetwork({ wire: localWire, files, environment, dialect, readingLimit: limits.reading })
}
