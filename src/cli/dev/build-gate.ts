import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { GATE_ENTRYPOINT } from '../../../core/judge/gate.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { EXIT, type Io } from '../command.ts'

/** What the checked-in plan was compiled from. */
export type GateLock = {
  readonly opa: string
  readonly entrypoint: string
  readonly sources: Readonly<Record<string, string>>
  readonly plan: string
}

/** Compiles `catalogue/gate/*.rego` into `plan.json`, and notes the digests of the sources in `plan.lock.json`. */
export function buildGate(root: string, io: Io): number {
  const folder = join(root, 'catalogue', 'gate')
  const compiled = compileGate(folder)
  if (compiled === null) {
    io.err('runproof dev gate: opa is not on PATH; install it (https://www.openpolicyagent.org) to compile the gate')
    return EXIT.could_not
  }
  writeFileSync(join(folder, 'plan.json'), `${jcs(compiled.plan)}\n`)
  writeFileSync(join(folder, 'plan.lock.json'), `${JSON.stringify(compiled.lock, null, 2)}\n`)
  io.out(`catalogue/gate/plan.json: ${compiled.lock.plan}, compiled by opa ${compiled.lock.opa}`)
  return EXIT.ok
}

/**
 * The plan that the sources in `folder` compile to, or null without an opa on PATH.
 * @throws Error with opa's own words when the sources do not compile
 */
export function compileGate(folder: string): { readonly plan: JsonValue; readonly lock: GateLock } | null {
  const version = spawnSync('opa', ['version'], { encoding: 'utf8' })
  if (version.error) return null
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego'))
    .sort()
  const scratch = mkdtempSync(join(tmpdir(), 'runproof-gate-'))
  try {
    const bundle = join(scratch, 'bundle.tar.gz')
    const built = spawnSync(
      'opa',
      ['build', '--target', 'plan', '--entrypoint', GATE_ENTRYPOINT, '--output', bundle, ...sources],
      { cwd: folder, encoding: 'utf8' },
    )
    if (built.status !== 0) throw new Error(`opa build failed: ${built.stderr || built.stdout}`)
    return { plan: planIn(bundle), lock: lockOf(folder, sources, version.stdout, planIn(bundle)) }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** SHA-256 of each source, as the lock notes it. */
export function sourceDigests(folder: string, sources: readonly string[]): Record<string, string> {
  return Object.fromEntries(sources.map((name) => [name, sha256Hex(readFileSync(join(folder, name)))]))
}

function lockOf(folder: string, sources: readonly string[], version: string, plan: JsonValue): GateLock {
  const opa = /^Version: (\S+)/m.exec(version)?.[1] ?? 'unknown'
  return { opa, entrypoint: GATE_ENTRYPOINT, sources: sourceDigests(folder, sources), plan: sha256Hex(jcs(plan)) }
}

function planIn(bundle: string): JsonValue {
  const unpacked = new Uint8Array(gunzipSync(readFileSync(bundle)))
  // opa writes absolute names and real modes into its bundle; only the plan's bytes matter here.
  const members = readBundleTar(unpacked)
  const plan = members.get('/plan.json') ?? members.get('plan.json')
  if (!plan) throw new Error('opa build wrote no plan.json')
  return JSON.parse(new TextDecoder().decode(plan)) as JsonValue
}

/** A tar that we made ourselves a moment ago: only names and sizes are read. */
function readBundleTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const members = new Map<string, Uint8Array>()
  const field = (at: number, from: number, length: number): string =>
    new TextDecoder().decode(bytes.subarray(at + from, at + from + length)).replace(/\0.*$/s, '')
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = Number.parseInt(field(at, 124, 12).trim(), 8)
    members.set(field(at, 0, 100), bytes.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return members
}
