import { constants } from 'node:os'
import { canonicalAddress } from '../../../../core/patterns/address.ts'
import { eventTimeOfNanos, type EventTime } from '../../../../core/model/time.ts'
import type { Actor, Attempt, Mechanism, Sighting } from '../../model.ts'
import { timeOf } from '../clock.ts'
import type { End, More } from '../probe.ts'
import { cgroupOf, executableOf } from '../procfs/read.ts'
import { has, type KernelEvent } from './decode.ts'
import { NO_RULE } from './layout.ts'
import type { SensorPolicy } from './sensor-policy.ts'
import type { Hello } from './words.ts'

export type Seen = { readonly sighting: Sighting; readonly more: More }

/** Of processes that are gone without a word, this many are remembered. */
const MOST = 65_536

/** Turns what the kernel tells into sightings: words for numbers, wall-clock time, and who a process is. */
export class Sightings {
  private readonly hello: Hello
  /** By process id, of those that run; the name tells whether a child is still what its parent is. */
  private readonly programs = new Map<number, { readonly name: string; readonly executable: string }>()
  private readonly cgroups = new Map<bigint, string | null>()
  private policies: readonly SensorPolicy[] = []
  private offsetNs: bigint

  constructor(hello: Hello) {
    this.hello = hello
    this.offsetNs = BigInt(hello.realtime_ns) - BigInt(hello.boot_ns)
  }

  /** Events of the generation before are still on their way. */
  usePolicy(policy: SensorPolicy): void {
    this.policies = [policy, ...this.policies.slice(0, 1)]
  }

  /** Every heartbeat has both clocks, because one of them is set now and then. */
  useClocks(realtimeNs: bigint, bootNs: bigint): void {
    this.offsetNs = realtimeNs - bootNs
  }

  timeOf(bootNs: bigint): EventTime {
    return eventTimeOfNanos(bootNs + this.offsetNs) ?? timeOf(Date.now())
  }

  /** `boot id:pid:start time`. */
  nameOf({ pid, startNs }: KernelEvent): string {
    return `${this.hello.boot_id ?? 'boot'}:${pid}:${startNs}`
  }

  bound({ pid, name, path }: KernelEvent): void {
    if (this.programs.size >= MOST) this.programs.delete(this.programs.keys().next().value ?? 0)
    if (path !== '') this.programs.set(pid, { name, executable: path })
  }

  ended(event: KernelEvent): End {
    const process = this.nameOf(event)
    this.programs.delete(event.pid)
    const signal = event.result & 0x7f
    return {
      at: this.timeOf(event.bootNs),
      process,
      pid: event.pid,
      signal: signal === 0 ? null : (signals.get(signal) ?? `signal ${signal}`),
    }
  }

  /** Null: nobody could read what it was about, which the sensor has counted. */
  seen(event: KernelEvent): Seen | null {
    const attempt = this.attemptOf(event)
    if (attempt === null) return null
    const rule = has(event, 'violation') ? this.ruleOf(event) : null
    return {
      sighting: {
        at: this.timeOf(event.bootNs),
        sequence: Number(event.sequence),
        actor: this.actorOf(event),
        attempt,
        // That it was to be killed is no proof that it was: its end is.
        effect: event.effect === 1 ? 'prevented' : event.effect === 0 ? 'observed' : 'unknown',
        mechanism: mechanisms[event.mechanism] ?? 'none',
      },
      more: { process: this.nameOf(event), ...(rule !== null && { rule }) },
    }
  }

  private attemptOf({ kind, path, number, compat, access, family, address, port, protocol }: KernelEvent): Attempt | null {
    switch (kind) {
      case 'exec':
        return path === '' ? null : { type: 'exec', path }
      case 'file':
        return path === '' ? null : { type: 'file', path, access: access & 2 ? 'write' : access & 1 ? 'read' : null }
      case 'network': {
        const text = addressText(family, address)
        return text === null
          ? null
          : { type: 'network', address: text, port, protocol: protocol === 6 ? 'tcp' : protocol === 17 ? 'udp' : null }
      }
      case 'syscall':
        return { type: 'syscall', name: this.callOf(number, compat) }
      case 'process':
        return null
    }
  }

  private callOf(number: number, compat: boolean): string {
    if (compat) return `compat_${number}`
    if (number >= 0) return this.hello.calls[number] ?? `number_${number}`
    const family = this.hello.classes[-2 - number] ?? 'unknown'
    return callOfClass.get(family) ?? family
  }

  private actorOf(event: KernelEvent): Actor {
    const { pid, parent, uid, name } = event
    return { name, pid, parent, uid, executable: this.executableOf(event), cgroup: this.cgroupOf(event) }
  }

  private executableOf({ pid, parent, name, kind }: KernelEvent): string | null {
    const own = this.programs.get(pid)
    if (own !== undefined) return own.executable
    // A fork that never became another program is its parent's.
    const above = this.programs.get(parent)
    if (above?.name === name) return above.executable
    // At an exec the process may be the new program already, and it is the old one that acts.
    return kind === 'exec' ? null : executableOf(pid)
  }

  private cgroupOf({ cgroup, pid }: KernelEvent): string | null {
    const known = this.cgroups.get(cgroup)
    if (known !== undefined) return known
    const found = cgroupOf(pid)
    // Who is gone cannot be asked; another process of the group can be.
    if (found === null) return null
    if (this.cgroups.size >= MOST) this.cgroups.clear()
    this.cgroups.set(cgroup, found)
    return found
  }

  private ruleOf({ generation, process, rule, kind, number, compat }: KernelEvent): string | null {
    const policy = this.policies.find((each) => BigInt(each.generation) === generation)
    const of = policy?.processes[process]
    if (of === undefined) return null
    if (kind === 'syscall') return this.isBlocked(of.syscalls, number, compat) ? null : `${of.names[0]}.enforce`
    if (rule !== NO_RULE) return of.rules[rule] ?? null
    return kind === 'process' ? null : of.closedRules[kind]
  }

  /** What the policy blocks by name the host finds itself; io_uring and 32-bit calls are refused because nobody could watch them. */
  private isBlocked(syscalls: readonly string[], number: number, compat: boolean): boolean {
    return !compat && syscalls.includes(this.callOf(number, compat))
  }
}

const mechanisms: readonly Mechanism[] = ['tracepoint', 'bpf_lsm', 'cgroup', 'sigkill']

const signals = new Map<number, string>(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/** What a class of calls is told as where no call was made: by io_uring, say. */
const callOfClass: ReadonlyMap<string, string> = new Map([
  ['exec', 'execve'],
  ['fork', 'clone'],
  ['module', 'init_module'],
  ['kexec', 'kexec_load'],
  ['io_uring', 'io_uring_setup'],
])

function addressText(family: number, address: Uint8Array): string | null {
  if (family === 4) return address.subarray(0, 4).join('.')
  if (family !== 6) return null
  const groups = Array.from({ length: 8 }, (_, i) => (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16))
  return canonicalAddress(groups.join(':'))
}
