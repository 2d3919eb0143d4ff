import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findTool } from './find.ts'

/** False where the Go program can be built, or why not. What is neither absence nor the network, a wrong checksum say, shows when it is built. */
export function whyNoGoAudit(): string | false {
  if (findTool('go') === null) return 'go is not installed'
  const fetched = go('mod', 'download')
  if (fetched.status === 0) return false
  if (/requires go >=/.test(fetched.stderr)) return 'go is older than test/tools/goaudit/go.mod asks for'
  const isOffline = /dial|lookup|proxyconnect|timeout|connection/i.test(fetched.stderr)
  return fetched.error !== undefined || isOffline ? 'go is here, but golang.org/x/mod could not be fetched' : false
}

/** Builds the program there; Go's own cache makes the second time short. */
export function buildGoAudit(path: string): void {
  const built = go('build', '-o', path, '.')
  assert.equal(built.status, 0, built.stderr)
}

/** Only what is here is used: neither another Go nor another module than go.sum names. */
function go(...args: readonly string[]) {
  return spawnSync('go', args, {
    cwd: join(import.meta.dirname, 'goaudit'),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' },
    encoding: 'utf8',
    timeout: 120_000,
  })
}
