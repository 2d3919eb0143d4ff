import type { Mode } from '../../model.ts'
import type { CompiledPolicy, CompiledProcess } from '../../policy/compile.ts'
import type { NetworkEntry } from '../../policy/network-entry.ts'
import type { PathForm } from '../../policy/path-pattern.ts'
import type { ViolationType } from '../../model.ts'
import { MOST_PROCESSES, NAME_BYTES, PATH_BYTES, ruleBits } from './layout.ts'

/** What the sensor is told, entry by entry, in its own terms. */
export type SensorPolicy = {
  readonly generation: number
  readonly processes: readonly SensorProcess[]
  /** What the kernel cannot decide: it tells every case that may be one, and the host judges; nothing is stopped by these. */
  readonly undecided: readonly Undecided[]
}

export type SensorProcess = {
  readonly names: readonly string[]
  readonly mode: Mode
  readonly prevent: boolean
  readonly descendants: boolean
  /** What no entry allows is a violation. */
  readonly closed: { readonly file: boolean; readonly exec: boolean; readonly network: boolean }
  /** For learning: every act, not only violations. */
  readonly emitAll: boolean
  readonly syscalls: readonly string[]
  readonly paths: readonly PathRule[]
  readonly networks: readonly NetworkRule[]
  /** The words for `number` of a rule: `payments.blocked_files[2]`. */
  readonly rules: readonly string[]
  /** The words for what no entry allows. */
  readonly closedRules: { readonly file: string; readonly exec: string; readonly network: string }
}

export type PathRule = {
  readonly domain: 'file' | 'exec'
  readonly exact: boolean
  readonly bits: number
  readonly number: number
  readonly text: string
}
/** `port` 0: every one. */
export type NetworkRule = {
  readonly family: 4 | 6
  readonly prefix: number
  readonly bits: number
  readonly port: number
  readonly number: number
  readonly address: bigint
}
export type Undecided = { readonly rule: string; readonly type: ViolationType; readonly why: string }

/** A range of more ports than this is left to the host: each would be a rule of its own. */
const MOST_PORTS = 1024
const MOST_NETWORKS = 16_384

/** The sensor's policy of a compiled one. Pure; what it could not express is in `undecided`. */
export function sensorPolicy(
  { processes, policy, matching }: CompiledPolicy,
  {
    generation,
    modeOf,
    emitAll = false,
  }: { readonly generation: number; readonly modeOf: (process: string) => Mode; readonly emitAll?: boolean },
): SensorPolicy {
  const undecided: Undecided[] = []
  const taken = new Set<string>()
  const fitting = processes.slice(0, MOST_PROCESSES)
  for (const { name } of processes.slice(MOST_PROCESSES))
    undecided.push({ rule: name, type: 'exec', why: `the sensor holds ${MOST_PROCESSES} processes` })
  return {
    generation,
    undecided,
    processes: fitting.flatMap((process) => {
      // Two entries may have one name: the first has it, as everywhere.
      const names = process.names.filter((name) => !taken.has(name) && isBindable(process.name, name, undecided))
      for (const name of names) taken.add(name)
      if (names.length === 0) return []
      return [
        {
          ...new Rules(process, matching === 'compat', undecided).process(),
          names,
          mode: modeOf(process.name),
          prevent: policy.enforce === 'prevent',
          emitAll,
        },
      ]
    }),
  }
}

function isBindable(rule: string, name: string, undecided: Undecided[]): boolean {
  const isFitting = name !== '' && !name.includes('/') && !name.includes('\0') && Buffer.byteLength(name) < NAME_BYTES
  if (!isFitting)
    undecided.push({ rule, type: 'exec', why: `${JSON.stringify(name)} is no name of 1 to ${NAME_BYTES - 1} bytes` })
  return isFitting
}

class Rules {
  private readonly of: CompiledProcess
  private readonly isCompat: boolean
  private readonly undecided: Undecided[]
  private readonly rules: string[] = []
  private readonly paths: PathRule[] = []
  private readonly networks: NetworkRule[] = []

  constructor(of: CompiledProcess, isCompat: boolean, undecided: Undecided[]) {
    this.of = of
    this.isCompat = isCompat
    this.undecided = undecided
  }

  process(): Omit<SensorProcess, 'names' | 'mode' | 'prevent' | 'emitAll'> {
    const { allowedExec, allowedFiles, blockedFiles, allowedNetwork, blockedNetwork, blockedSyscalls, name, descendants } =
      this.of
    this.addPaths('file', blockedFiles, ruleBits.block, ruleBits.maybeBlock)
    this.addPaths('file', allowedFiles, ruleBits.allow, ruleBits.maybeAllow)
    // The original had no check of programs, and never read an entry of a network list.
    if (!this.isCompat) this.addPaths('exec', allowedExec, ruleBits.allow, ruleBits.maybeAllow)
    this.addNetworks(blockedNetwork, ruleBits.block, ruleBits.maybeBlock)
    this.addNetworks(allowedNetwork, ruleBits.allow, ruleBits.maybeAllow)
    const isClosed = this.isCompat ? (allowedNetwork?.count ?? 0) === 0 : allowedNetwork !== null
    return {
      descendants,
      closed: {
        file: (allowedFiles?.count ?? 0) > 0,
        exec: !this.isCompat && (allowedExec?.count ?? 0) > 0,
        network: isClosed,
      },
      syscalls: [...new Set(blockedSyscalls?.stands.flat() ?? [])],
      paths: this.paths,
      networks: this.networks,
      rules: this.rules,
      closedRules: { file: `${name}.allowed_files`, exec: `${name}.allowed_exec`, network: `${name}.allowed_network` },
    }
  }

  private addPaths(domain: PathRule['domain'], list: CompiledProcess['allowedFiles'], sure: number, maybe: number): void {
    for (const [i, forms] of list?.stands.entries() ?? []) {
      const rule = list?.rules[i] ?? ''
      const number = this.rules.push(rule) - 1
      for (const form of forms) {
        const { text, exact, why } = kernelForm(form)
        if (why !== null) this.undecided.push({ rule, type: domain, why })
        this.paths.push({ domain, exact, bits: why === null ? sure : maybe, number, text })
      }
    }
  }

  private addNetworks(list: CompiledProcess['allowedNetwork'], sure: number, maybe: number): void {
    for (const [i, entry] of list?.stands.entries() ?? []) {
      const rule = list?.rules[i] ?? ''
      const number = this.rules.push(rule) - 1
      const ports = portsOf(entry)
      const isFitting = ports !== null && this.networks.length + ports.length * entry.blocks.length <= MOST_NETWORKS
      if (!isFitting) this.undecided.push({ rule, type: 'network', why: 'it names more ports than the kernel has room for' })
      for (const { family, first, prefix } of entry.blocks)
        for (const port of isFitting ? ports : [0])
          this.networks.push({ family, prefix, bits: isFitting ? sure : maybe, port, number, address: first })
    }
  }
}

/** What the kernel can compare: a whole path or its start. `why`: what it cannot, and the text is only where such a path may begin. */
function kernelForm(form: PathForm): { readonly text: string; readonly exact: boolean; readonly why: string | null } {
  const bytes = Buffer.from(form.text)
  if (bytes.length > PATH_BYTES) {
    let end = PATH_BYTES
    // A path is cut between characters.
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
    return { text: bytes.toString('utf8', 0, end), exact: false, why: `it is longer than ${PATH_BYTES} bytes` }
  }
  if (form.kind === 'exact' && form.text === '') return { text: '', exact: false, why: 'it is empty' }
  const why = form.kind === 'glob' ? 'the kernel compares whole paths and their starts, not patterns' : null
  return { text: form.text, exact: form.kind === 'exact', why }
}

/** Null: too many to be rules. */
function portsOf({ ports }: NetworkEntry): readonly number[] | null {
  if (ports.length === 0 || ports.some(({ from, to }) => from <= 1 && to === 65_535)) return [0]
  const count = ports.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  if (count > MOST_PORTS) return null
  return ports.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)).filter((port) => port !== 0)
}
