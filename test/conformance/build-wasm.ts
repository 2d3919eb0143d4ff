import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { GATE_ENTRYPOINT } from '../../core/judge/gate.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { filesIn } from './tar.ts'

/**
 * `node test/conformance/build-wasm.ts`: compiles the default gate with the `opa` on PATH to WebAssembly, the form that OPA's own
 * engine for JavaScript runs, and notes which sources it was made from.
 */
export type WasmLock = { readonly entrypoint: string; readonly sources: Readonly<Record<string, string>>; readonly wasm: string }

const gateFolder = fileURLToPath(new URL('../../catalogue/gate/', import.meta.url))
export const wasmPath = fileURLToPath(new URL('../fixtures/gate.wasm', import.meta.url))
export const wasmLockPath = fileURLToPath(new URL('../fixtures/gate.wasm.lock.json', import.meta.url))

/** SHA-256 of each source of the gate as it is now. */
export async function gateSources(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(gateFolder)).filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego')).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, sha256Hex(await readFile(join(gateFolder, name)))] as const)),
  )
}

if (import.meta.main) {
  const sources = await gateSources()
  const wasm = await compiled(Object.keys(sources))
  const lock: WasmLock = { entrypoint: GATE_ENTRYPOINT, sources, wasm: sha256Hex(wasm) }
  await writeFile(wasmPath, wasm)
  await writeFile(wasmLockPath, `${JSON.stringify(lock, null, 2)}\n`)
  stdout.write(`${wasm.length} bytes of WebAssembly from ${Object.keys(sources).join(', ')}\n`)
}

async function compiled(sources: readonly string[]): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), 'gate-wasm-'))
  try {
    const bundle = join(scratch, 'bundle.tar.gz')
    const args = ['build', '--target', 'wasm', '--entrypoint', GATE_ENTRYPOINT, '--output', bundle, ...sources]
    await promisify(execFile)('opa', args, { cwd: gateFolder })
    const found = filesIn(await readFile(bundle)).find(({ path }) => path.endsWith('policy.wasm'))
    if (!found) throw new Error('opa build made no policy.wasm')
    return found.bytes
  } finally {
    await rm(scratch, { recursive: true })
  }
}
