import { mkdtempSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTrust } from '../verify/src/index.ts'
import { runCommandLine } from '../src/cli/run.ts'
import type { Io } from '../src/cli/command.ts'
import { readAuditFile } from '../src/lib/io/audit-file.ts'
import type { Trust } from '../core/model/trust.ts'

export const root = join(import.meta.dirname, '..')
export const sample = join(root, 'samples', 'payments')

/** What a command line printed and how it ended. */
export type Ran = { readonly code: number; readonly out: string; readonly err: string }

/** Runs a command line in this process, with its own folder and data folder. */
export async function run(
  argv: readonly string[],
  {
    cwd = scratch(),
    input = new Uint8Array(),
    env = {},
  }: { readonly cwd?: string; readonly input?: Uint8Array; readonly env?: Io['env'] } = {},
): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    interactive: false,
    columns: 100,
    colour: false,
    stdin: () => once(input),
    cwd,
    env: { RUNPROOF_HOME: join(cwd, 'data'), ...env },
    now: Date.now,
  }
  const code = await runCommandLine(argv, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** A folder of its own for one test. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'runproof-'))
}

export const sampleWindow = ['--from', '2026-03-02T00:00:00Z', '--to', '2026-03-03T00:00:00Z'] as const
export const sampleArguments = [
  ...['--bundle', join(sample, 'assurance')],
  ...['--events', join(sample, 'events', 'falco.ndjson'), '--events', join(sample, 'events', 'tetragon.ndjson')],
] as const

export type Assessed = {
  readonly folder: string
  readonly auditPath: string
  readonly trustPath: string
  readonly members: ReadonlyMap<string, Uint8Array>
  readonly trust: Trust
  readonly ran: Ran
}

let assessed: Promise<Assessed> | undefined

/** The sample's audit file, assessed once for all tests of a process. */
export function assessedSample(): Promise<Assessed> {
  assessed ??= assessSample()
  return assessed
}

/** The sample, assessed in a folder of its own. */
export async function assessSample(more: readonly string[] = [], cwd: string = scratch()): Promise<Assessed> {
  const ran = await run(['assess', ...sampleArguments, ...sampleWindow, '--json', ...more], { cwd })
  if (ran.code === 3 || ran.code === 64) throw new Error(ran.err)
  const { files } = JSON.parse(ran.out) as {
    readonly files: { readonly audit: string; readonly trust: string; readonly folder: string }
  }
  return {
    folder: files.folder,
    auditPath: files.audit,
    trustPath: files.trust,
    members: await readAuditFile(files.audit),
    trust: readTrust(await readFile(files.trust, 'utf8')),
    ran,
  }
}

/** The parts of a Sigstore bundle's JSON that tests change. */
export type BundleJson = {
  dsseEnvelope: { payload: string; payloadType: string; signatures: [{ sig: string }] }
  verificationMaterial: {
    publicKey: { hint: string }
    tlogEntries: {
      canonicalizedBody: string
      inclusionProof: { rootHash: string; hashes: string[]; checkpoint: { envelope: string } }
    }[]
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
