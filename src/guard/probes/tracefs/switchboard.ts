import type { GuardPolicy } from '../../policy/model.ts'
import type { Hook } from '../probe.ts'
import { reasonOf } from '../reason.ts'
import { isAbsentCall } from './absent-call.ts'
import type { EventFormat } from './format.ts'
import type { Instance } from './instance.ts'
import { sourcesFor, type Decode, type Seen, type Serves, type Source } from './sources.ts'

/** `isAbsent`: this kernel does not have the call at all, so nobody can make it. */
export type Switched = Hook & { readonly serves: Serves; readonly isAbsent: boolean }
type Wired = { readonly source: Source; readonly event: string; readonly type: number; readonly decode: Decode }

/** Which events of an instance are on, for a policy, and how each is read. */
export class Switchboard {
  private readonly instance: Instance
  private readonly wired = new Map<string, Wired>()
  private readonly failed = new Map<string, { readonly source: Source; readonly why: string }>()
  private byType = new Map<number, Decode>()

  constructor(instance: Instance) {
    this.instance = instance
  }

  /** Switches on what the policy needs, and off what it no longer needs. */
  use(policy: GuardPolicy): void {
    const wanted = new Map(sourcesFor(policy).map((source) => [source.name, source]))
    for (const [name, { event }] of this.wired) {
      if (wanted.has(name)) continue
      this.instance.disable(event)
      this.wired.delete(name)
    }
    this.failed.clear()
    for (const source of wanted.values()) if (!this.wired.has(source.name)) this.wire(source)
    this.byType = new Map([...this.wired.values()].map(({ type, decode }) => [type, decode]))
  }

  /** Null for an event that is none of ours, or that says nothing. */
  read(page: Buffer, start: number, bytes: number): Seen | null {
    return this.byType.get(page.readUInt16LE(start))?.(page, start, bytes) ?? null
  }

  hooks(): readonly Switched[] {
    return [
      ...[...this.wired.values()].map(({ source }) => ({
        ...named(source),
        state: 'attached' as const,
        why: null,
        isAbsent: false,
      })),
      ...[...this.failed.values()].map(({ source, why }) => failedHook(source, why)),
    ]
  }

  private wire(source: Source): void {
    const { name, probe, filter } = source
    const why = probe === null ? null : this.instance.addProbe(name, source.event.replace('/', '.'), probe)
    const event = probe === null ? source.event : this.instance.probeEvent(name)
    const format = why ?? this.instance.enable(event, filter)
    const decode = typeof format === 'string' ? format : decoderOf(source, format)
    if (typeof format === 'string' || typeof decode === 'string') this.failed.set(name, { source, why: String(decode) })
    else this.wired.set(name, { source, event, type: format.id, decode })
  }
}

function decoderOf(source: Source, format: EventFormat): Decode | string {
  try {
    return source.decoder(format)
  } catch (error) {
    return reasonOf(error)
  }
}

function named({ event, serves, probe }: Source): { readonly name: string; readonly serves: Serves } {
  return { name: probe === null ? event : `${event} with its arguments`, serves }
}

function failedHook(source: Source, why: string): Switched {
  const isAbsent = isAbsentCall(source.event)
  const state = isAbsent || why.includes('ENOENT') ? 'missing' : 'failed'
  const cause = source.probe === null ? why : `this kernel takes no such event probe (${why.replace(/[:,].*$/, '')})`
  return { ...named(source), state, why: isAbsent ? 'this kernel does not have the call' : cause, isAbsent }
}
