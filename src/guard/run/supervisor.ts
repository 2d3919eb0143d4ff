import { timeOf } from '../probes/clock.ts'
import type { ActivePolicy, Coverage, Heartbeat, InForce, Probe, ProbeEvents } from '../probes/probe.ts'
import { reasonOf } from '../probes/reason.ts'

export type SupervisorOptions = {
  readonly make: () => Probe
  readonly on: ProbeEvents
  readonly beatMs?: number
  /** Heartbeats that may fail to come before the probe is started anew. */
  readonly missed?: number
  readonly firstWaitMs?: number
  readonly mostWaitMs?: number
  readonly now?: () => number
  readonly say: (message: string) => void
  /** A probe watches again: what it can see here may be something else than before. */
  readonly restarted: () => void
}

/**
 * Keeps a probe running: one that says nothing for three heartbeats is stopped and started anew, again and again, at growing distances.
 * What that means for what was watched is told as a fault; the new start has a time of its own.
 */
export class Supervisor {
  private readonly options: Required<SupervisorOptions>
  private probe: Probe
  private active: ActivePolicy
  private beatAt = 0
  private lookedAt = 0
  private timer: NodeJS.Timeout | null = null
  private isStopped = false
  private failures = 0
  /** A probe that was replaced may still speak: nobody listens. */
  private epoch = 0
  restarts = 0
  last: Heartbeat | null = null

  constructor(active: ActivePolicy, options: SupervisorOptions) {
    this.active = active
    this.options = { beatMs: 1000, missed: 3, firstWaitMs: 1000, mostWaitMs: 60_000, now: Date.now, ...options }
    this.probe = this.options.make()
  }

  get kind(): Probe['kind'] {
    return this.probe.kind
  }

  coverage(): Coverage {
    return this.probe.coverage()
  }

  /** @throws what the probe throws: a guard that cannot begin to watch does not start */
  async start(): Promise<void> {
    await this.begin()
    this.lookedAt = this.options.now()
    this.watch()
  }

  async apply(active: ActivePolicy): Promise<InForce> {
    const inForce = await this.probe.apply(active)
    this.active = active
    return inForce
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) clearTimeout(this.timer)
    await this.probe.stop()
    this.epoch += 1
  }

  private async begin(): Promise<void> {
    const { on, now } = this.options
    const epoch = ++this.epoch
    const mine =
      <A extends readonly unknown[]>(tell: (...told: A) => void) =>
      (...told: A): void => {
        if (this.epoch === epoch) tell(...told)
      }
    await this.probe.apply(this.active)
    await this.probe.start({
      sighting: mine(on.sighting),
      heartbeat: mine((heartbeat: Heartbeat) => {
        this.beatAt = now()
        this.failures = 0
        this.last = heartbeat
        on.heartbeat(heartbeat)
      }),
      loss: mine(on.loss),
      fault: mine(on.fault),
      end: mine(on.end),
    })
    this.beatAt = now()
  }

  private watch(): void {
    this.timer = setTimeout(() => void this.look(), this.options.beatMs)
  }

  private async look(): Promise<void> {
    const { beatMs, missed, now } = this.options
    const [at, before] = [now(), this.lookedAt]
    this.lookedAt = at
    const silentMs = at - this.beatAt
    // Where we are late ourselves, after a sleep or in a crowd, so is what the probe has to say: it gets until the next look.
    const isLate = at - before > 2 * beatMs
    if (!isLate && silentMs > missed * beatMs + beatMs / 2)
      await this.restart(`the ${this.kind} probe was silent for ${Math.round(silentMs / 1000)} s`)
    if (!this.isStopped) this.watch()
  }

  private async restart(why: string): Promise<void> {
    const { make, say, restarted, firstWaitMs, mostWaitMs } = this.options
    this.fault(`${why}; it is started anew`)
    say(`${why}; starting it anew`)
    this.epoch += 1
    await this.probe.stop().catch((error: unknown) => say(`the silent probe cannot be stopped: ${reasonOf(error)}`))
    while (!this.isStopped) {
      if (this.failures > 0) await this.pause(Math.min(firstWaitMs * 2 ** (this.failures - 1), mostWaitMs))
      if (this.isStopped) return
      this.failures += 1
      try {
        this.probe = make()
        await this.begin()
        this.restarts += 1
        restarted()
        return
      } catch (error) {
        await this.probe.stop().catch(() => {})
        this.fault(`the ${this.kind} probe cannot be started: ${reasonOf(error)}`)
        say(`the ${this.kind} probe cannot be started: ${reasonOf(error)}; trying again`)
      }
    }
  }

  private fault(what: string): void {
    this.options.on.fault({ at: timeOf(this.options.now()), what, lasting: false })
  }

  private pause(ms: number): Promise<void> {
    return new Promise((over) => {
      this.timer = setTimeout(over, ms)
    })
  }
}
