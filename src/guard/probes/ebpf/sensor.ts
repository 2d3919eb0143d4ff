import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { RunproofError } from '../../../../core/model/errors.ts'
import type { Mode } from '../../model.ts'
import { openBinary } from './binary.ts'
import { FrameReader, type FrameFault, type KernelBeat, type KernelEvent } from './decode.ts'
import { controlFrame, modeChange, policyBlob, withDigest, type Control } from './encode.ts'
import type { SensorPolicy } from './sensor-policy.ts'
import {
  readHello,
  readModeActive,
  readPolicyActive,
  readRefused,
  type Hello,
  type ModeActive,
  type PolicyActive,
  type Refused,
} from './words.ts'

export type SensorOptions = {
  readonly binary: string
  /** SHA-256 that the binary must have; null: whatever is there. */
  readonly sha256?: string | null
  readonly ringBytes?: number
  /** After so many seconds without a word from us the sensor goes back to audit by itself. */
  readonly deadmanSeconds?: number
  readonly persist?: boolean
  readonly isWithoutLsm?: boolean
  readonly isWithoutCgroup?: boolean
  readonly startMs?: number
}

export type SensorEvents = {
  readonly event: (event: KernelEvent) => void
  readonly heartbeat: (beat: KernelBeat, isLast: boolean) => void
  readonly fault: (what: string) => void
  readonly modeActive: (mode: ModeActive) => void
  /** It ended, asked or not. */
  readonly ended: (how: string) => void
}

type Answer = { readonly resolve: (answer: PolicyActive | ModeActive) => void; readonly reject: (error: Error) => void }

/** A sensor process and the two streams to it. It does not outlive us: without its host the sensor ends. */
export class Sensor {
  readonly hello: Hello
  readonly sha256: string
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  private readonly live: Live
  private sequence = 0n
  private stopping: Promise<void> | null = null

  private constructor(process: ChildProcessByStdio<Writable, Readable, Readable>, live: Live, hello: Hello, sha256: string) {
    this.process = process
    this.live = live
    this.hello = hello
    this.sha256 = sha256
  }

  /**
   * Resolves when it has told what this kernel lets it do.
   * @throws RunproofError `file.unreadable` and `signature.invalid` as {@link openBinary}; `guard.not_ready` when it does not come up
   */
  static async start(options: SensorOptions, on: SensorEvents): Promise<Sensor> {
    const binary = openBinary(options.binary, options.sha256 ?? null)
    const child = (() => {
      try {
        return spawn('/proc/self/fd/3', argumentsOf(options), {
          argv0: 'runproof-sensor',
          stdio: ['pipe', 'pipe', 'pipe', binary.descriptor],
        }) as unknown as ChildProcessByStdio<Writable, Readable, Readable>
      } finally {
        binary.close()
      }
    })()
    const live = new Live(child, on)
    try {
      const hello = await live.hello(options.startMs ?? 30_000)
      if (hello.sha256 !== binary.sha256)
        throw new RunproofError('signature.invalid', `the sensor that runs has SHA-256 ${hello.sha256}, not ${binary.sha256}`)
      return new Sensor(child, live, hello, binary.sha256)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get faults(): Readonly<Record<FrameFault, number>> {
    return this.live.reader.faults
  }

  /** @throws RunproofError `guard.not_ready` with the sensor's reason; the policy that was in force stays */
  async setPolicy(policy: SensorPolicy): Promise<PolicyActive> {
    return (await this.ask('setPolicy', withDigest(policyBlob(policy)))) as PolicyActive
  }

  /** `process`: its place in the policy; null: all. @throws as {@link setPolicy} */
  async setMode(mode: Mode, process: number | null, generation: number): Promise<ModeActive> {
    return (await this.ask('setMode', modeChange(mode, process, generation))) as ModeActive
  }

  ping(): void {
    this.send('ping')
  }

  /** Sends bytes as they are, which only a test has reason to. */
  sendRaw(bytes: Buffer): void {
    this.process.stdin.write(bytes)
  }

  /** Stops reading, as a host does that is busy; what comes of it the kernel counts. */
  pause(): void {
    this.process.stdout.pause()
  }

  resume(): void {
    this.process.stdout.resume()
  }

  /** Resolves when it is gone; its last heartbeat came before. A sensor that does not end in five seconds is killed. */
  async stop(): Promise<void> {
    this.stopping ??= this.end()
    await this.stopping
  }

  private async end(): Promise<void> {
    if (this.live.isGone) return
    this.process.stdout.resume()
    this.send('stop')
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000)
    await this.live.gone
    clearTimeout(timer)
  }

  private send(type: Control, payload?: Buffer): void {
    if (this.live.isGone) return
    this.process.stdin.write(controlFrame(type, this.sequence++, payload))
  }

  private async ask(type: Control, payload: Buffer): Promise<PolicyActive | ModeActive> {
    const sequence = this.sequence
    const answer = this.live.expect(sequence)
    this.send(type, payload)
    return answer
  }
}

/** What comes from a sensor, as it comes. */
class Live {
  readonly reader: FrameReader
  readonly gone: Promise<void>
  isGone = false
  private readonly on: SensorEvents
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  private readonly answers = new Map<bigint, Answer>()
  private readonly first = Promise.withResolvers<Hello>()
  private log = ''

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, on: SensorEvents) {
    this.on = on
    this.child = child
    this.reader = new FrameReader(
      (incoming) => {
        try {
          this.take(incoming)
        } catch (error) {
          this.broken(error instanceof Error ? error.message : String(error))
        }
      },
      (fault) => this.fault(fault),
    )
    child.stdout.on('data', (chunk: Buffer) => this.reader.push(chunk))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log = `${this.log}${text}`.slice(-2000)))
    // A sensor that is gone does not read: that it ended is told by its end.
    child.stdin.on('error', () => {})
    this.gone = new Promise((resolve) => {
      child.on('error', (error) => this.over(`the sensor cannot be run: ${error.message}`, resolve))
      child.on('close', (code, signal) =>
        this.over(
          `the sensor ended ${signal === null ? `with ${code}` : `by ${signal}`}${this.log === '' ? '' : `: ${this.log.trim()}`}`,
          resolve,
        ),
      )
    })
    this.first.promise.catch(() => {})
  }

  async hello(ms: number): Promise<Hello> {
    const timer = setTimeout(
      () => this.first.reject(notReady(`the sensor said nothing for ${ms} ms${this.log === '' ? '' : `: ${this.log.trim()}`}`)),
      ms,
    )
    try {
      return await this.first.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Answers come in the order of the questions; a refusal names its own. */
  async expect(sequence: bigint): Promise<PolicyActive | ModeActive> {
    if (this.isGone) throw notReady('the sensor has ended')
    const { promise, resolve, reject } = Promise.withResolvers<PolicyActive | ModeActive>()
    this.answers.set(sequence, { resolve, reject })
    return promise
  }

  private take(incoming: Parameters<ConstructorParameters<typeof FrameReader>[0]>[0]): void {
    switch (incoming.type) {
      case 'event':
        return this.on.event(incoming.event)
      case 'heartbeat':
        return this.on.heartbeat(incoming.beat, false)
      case 'bye':
        return this.on.heartbeat(incoming.beat, true)
      case 'hello':
        return this.first.resolve(readHello(incoming.body))
      case 'policyActive':
        return this.answer(readPolicyActive(incoming.body))
      case 'modeActive': {
        const active = readModeActive(incoming.body)
        this.on.modeActive(active)
        if (active.why === 'asked') this.answer(active)
        return
      }
      case 'refused':
        return this.refused(readRefused(incoming.body))
    }
  }

  private answer(answer: PolicyActive | ModeActive): void {
    const [oldest] = this.answers
    if (oldest === undefined) return
    this.answers.delete(oldest[0])
    oldest[1].resolve(answer)
  }

  private refused({ code, sequence, why }: Refused): void {
    const asked = this.answers.get(BigInt(sequence))
    this.answers.delete(BigInt(sequence))
    const error = notReady(`the sensor refused it (${code}): ${why}`)
    if (asked === undefined) this.on.fault(error.message)
    else asked.reject(error)
  }

  private fault(fault: FrameFault): void {
    const words: Readonly<Record<FrameFault, string>> = {
      magic: 'the sensor sent something that is no frame',
      version: 'the sensor speaks another version of the protocol',
      tooLong: 'the sensor sent a frame that is too long',
      type: 'the sensor sent a frame of an unknown type',
      payload: 'the sensor sent a frame that cannot be read',
      gap: 'frames of the sensor are missing',
    }
    if (fault === 'magic' || fault === 'version' || fault === 'tooLong') this.broken(words[fault])
    else this.on.fault(words[fault])
  }

  /** Nothing after this can be believed; whoever watches over us starts another. */
  private broken(what: string): void {
    this.on.fault(what)
    this.first.reject(notReady(what))
    this.child.kill('SIGKILL')
  }

  private over(how: string, resolve: () => void): void {
    if (this.isGone) return
    this.isGone = true
    this.first.reject(notReady(how))
    for (const { reject } of this.answers.values()) reject(notReady(how))
    this.answers.clear()
    this.on.ended(how)
    resolve()
  }
}

function argumentsOf({ ringBytes, deadmanSeconds, persist, isWithoutLsm, isWithoutCgroup }: SensorOptions): string[] {
  return [
    ...(ringBytes === undefined ? [] : ['--ring', String(ringBytes)]),
    ...(deadmanSeconds === undefined ? [] : ['--deadman', String(deadmanSeconds)]),
    ...(persist === true ? ['--persist'] : []),
    ...(isWithoutLsm === true ? ['--no-lsm'] : []),
    ...(isWithoutCgroup === true ? ['--no-cgroup'] : []),
  ]
}

function notReady(what: string): RunproofError {
  return new RunproofError('guard.not_ready', what)
}
