import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { instantMs } from '../../core/model/time.ts'
import { createRandom, type Random } from '../fuzz/random.ts'
import { Account, balanceOf } from './account.ts'
import { autopsy, nothingRemembered, type Remembered } from './autopsy.ts'
import { Backups } from './backups.ts'
import { clientOf, type Client } from './client.ts'
import { clockNow } from './clock.ts'
import { holes, judgedUntil, notIndexed, sealedEvents, undecided } from './findings.ts'
import { brokenProofs } from './proofs.ts'
import { batchSender, decider, publisher, reader, sensorSender, streamSender, type Sender } from './senders.ts'
import { startServer, type Server } from './server.ts'
import { makeWorld, type World } from './world.ts'

export type CrashOptions = {
  readonly kills: number
  readonly seed: number
  /** An empty folder. */
  readonly data: string
  readonly say: (line: string) => void
}

export type CrashResult = {
  readonly kills: number
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  readonly brokenProofs: readonly string[]
  readonly changedVerdicts: readonly string[]
  /** Whatever else should not be: wrong answers, errors in the log, slow starts. */
  readonly other: readonly string[]
}

/** An hour of the service's life is two minutes of ours: every two seconds a window of each application ends. */
const SPEED = 30
/** Longer than this to come up again, on a busy machine, is a defect. */
const START_MS = 120_000
/** When it dies: while it starts, at any moment of its life, or while it seals, signs and commits one window after the other. */
const MOMENTS = ['start', 'load', 'load', 'load', 'judging', 'judging', 'judging'] as const
/** At most so long after that. */
const [STARTING_MS, LOAD_MS, JUDGING_MS] = [1_500, 2_000, 1_200]
const UNTIL_JUDGING_MS = 6_000

/**
 * Kills a service under load again and again, at any moment, restarts it on what it left, and holds it to what it had said before it
 * died: what it acknowledged, what it had judged, what it had logged.
 */
export async function killAgainAndAgain({ kills, seed, data, say }: CrashOptions): Promise<CrashResult> {
  const startedMs = Date.now()
  const clock = { startedMs, baseMs: instantMs('2026-03-02T00:00:00Z'), speed: SPEED }
  const world = await makeWorld(data, clock)
  const run = new Run(world, seed)
  for (let kill = 1; kill <= kills; kill++) {
    const moment = await run.round()
    say(`kill ${kill} ${moment}; ${run.summary()}`)
    if (run.isDown()) return run.finish(kill, say)
  }
  return run.finish(kills, say)
}

class Run {
  private readonly world: World
  private readonly random: Random
  private readonly pace = createRandom(0)
  private readonly account = new Account()
  private readonly senders: readonly Sender[]
  private readonly shown: ReturnType<typeof reader>
  private readonly person: ReturnType<typeof decider>
  private readonly backups: Backups
  private accountAtBackup = new Account()
  private readonly other: string[] = []
  private readonly proofs: string[] = []
  private readonly verdicts = new Set<string>()
  private remembered: Remembered = nothingRemembered
  private slowestStartMs = 0
  private hasFailed = false

  constructor(world: World, seed: number) {
    // Each has a chance of its own, so that who is faster changes nothing for the others.
    let number = 0
    const parts = () => ({ world, account: this.account, random: createRandom(1_000 * seed + ++number) })
    this.world = world
    this.random = createRandom(1_000 * seed)
    this.backups = new Backups(world.data)
    this.shown = reader(parts())
    this.person = decider(parts())
    const doors = [sensorSender, batchSender, streamSender].flatMap((sender) => [sender(parts()), sender(parts())])
    this.senders = [...doors, publisher(parts()), this.person, this.shown]
  }

  /** One life: start, load, death, autopsy. */
  async round(): Promise<string> {
    const server = this.start()
    const moment = this.random.pick(MOMENTS)
    const load = moment === 'start' ? null : await this.load(server, false)
    const afterMs = this.random.int(moment === 'judging' ? JUDGING_MS : moment === 'load' ? LOAD_MS : STARTING_MS)
    if (moment === 'judging') await this.untilJudging(server)
    const backup = load !== null && this.random.chance(0.2) ? this.backups.begin() : null
    await wait(afterMs)
    await Promise.all([server.kill(), backup?.kill()])
    await load?.over
    this.judge(server)
    this.examine()
    return `${afterMs} ms after ${moment === 'judging' ? 'the first window was judged' : `its ${moment} began`}`
  }

  /** It did not come up once: nothing more can be learnt from killing it. */
  isDown(): boolean {
    return this.hasFailed
  }

  private async untilJudging(server: Server): Promise<void> {
    for (const deadline = performance.now() + UNTIL_JUDGING_MS; performance.now() < deadline && server.judged() === 0;) {
      await wait(5)
    }
  }

  /** A last life that ends in peace: everything that was begun is finished, every window is judged, and all of it is counted. */
  async finish(kills: number, say: (line: string) => void): Promise<CrashResult> {
    const server = this.start()
    const load = await this.load(server, true)
    if (load !== null) {
      // One that nobody kills, while the last are still sending.
      this.accountAtBackup = this.account.acknowledgedNow()
      const backup = this.backups.begin()
      await load.over
      await backup.ended
      await this.untilJudged(this.world.data)
      await this.proveAll(await server.address, say)
    }
    const code = await server.stop()
    if (code !== 0) this.other.push(`the service ended with ${code} when it was asked to stop: ${server.errors()}`)
    this.judge(server)
    this.examine()
    this.other.push(...holes(this.world.data), ...notIndexed(this.world.data), ...this.account.wrong)
    this.other.push(...(await this.backups.faults()))
    if (load !== null) this.other.push(...(await this.restore()))
    this.backups.remove()
    this.other.push(...undecided(this.world.data, this.person.decided))
    // Without a last life in peace nothing can be said about what is there.
    const balance = load === null ? { lost: [], duplicated: [] } : balanceOf(this.account, sealedEvents(this.world.data))
    const { whole, killed } = this.backups.count
    say(`${whole} backups made and checked, ${killed} killed`)
    say(`${this.summary()}; slowest start ${Math.round(this.slowestStartMs)} ms`)
    return {
      kills,
      ...balance,
      brokenProofs: this.proofs,
      changedVerdicts: [...this.verdicts],
      other: this.other,
    }
  }

  /** The last backup is served, and has everything that was acknowledged before it began. */
  private async restore(): Promise<readonly string[]> {
    const data = await this.backups.restored()
    if (data === null) return ['the last backup could not be restored']
    const server = this.start(data)
    await server.address
    await this.untilJudged(data)
    await server.stop()
    this.judge(server)
    const { lost } = balanceOf(this.accountAtBackup, sealedEvents(data))
    return lost.map((what) => `not in the backup: ${what}`)
  }

  summary(): string {
    const { sent, acknowledgedBatches, unanswered, repeated } = this.account
    const { reports, head } = this.remembered
    return `${sent.size} events, ${acknowledgedBatches} batches acknowledged, ${unanswered} without an answer, ${repeated} repeated; ${this.person.decided.size} decisions, ${reports.size} reports, ${head?.size ?? 0} ledger entries`
  }

  private start(data = this.world.data): Server {
    return startServer({
      data,
      clock: this.world.clock,
      env: { RUNPROOF_WINDOWS_QUIET: '20s', RUNPROOF_INGEST_FLUSH: this.random.pick(['1s', '1s', '100s']) },
    })
  }

  /** Null when the service did not come up. `isLast`: ends by itself once nothing is left to be repeated. */
  private async load(server: Server, isLast: boolean): Promise<{ readonly over: Promise<unknown> } | null> {
    const address = await Promise.race([server.address.catch(() => null), wait(START_MS, null, { ref: false })])
    if (address === null) {
      this.hasFailed = true
      this.other.push(`the service did not come up: ${server.errors()}`)
      return null
    }
    this.slowestStartMs = Math.max(this.slowestStartMs, performance.now() - server.startedMs)
    const clients = new Map<string, Client>()
    const clientFor = (token: string): Client => {
      const client = clients.get(token) ?? clientOf(address, token)
      clients.set(token, client)
      return client
    }
    const loops = this.senders.map((sender) => this.send(sender, clientFor(this.world.tokens[sender.token]), isLast))
    return { over: Promise.all(loops).then(() => clients.forEach((client) => client.close())) }
  }

  private async send(sender: Sender, client: Client, isLast: boolean): Promise<void> {
    const until = performance.now() + (isLast ? 1_000 : Infinity)
    try {
      while (performance.now() < until || !sender.isDone()) {
        await sender.act((path, asked) => client.ask(path, asked))
        await wait(this.pace.int(2 * sender.paceMs))
      }
    } catch (error) {
      // It died, as it was meant to; anything else than a broken connection is a mistake of this test.
      if (!(error instanceof Error) || !('code' in error)) throw error
      if (isLast) this.other.push(`nobody killed it, and it did not answer: ${error.message}`)
    }
  }

  private async untilJudged(data: string): Promise<void> {
    const lastMs = clockNow(this.world.clock) + 2 * 60_000
    let [reached, deadline] = [0, performance.now() + START_MS]
    for (let until = 0; until < lastMs; until = judgedUntil(data)) {
      // However many windows are due: as long as one is judged after the other, it goes on.
      if (until > reached) [reached, deadline] = [until, performance.now() + START_MS]
      if (performance.now() > deadline) return void this.other.push('windows are not judged any more')
      await wait(200)
    }
    // Late evidence has been quiet for long enough by now; two rounds more.
    await wait(2_500)
  }

  private async proveAll(address: string, say: (line: string) => void): Promise<void> {
    const client = clientOf(address, this.world.tokens.reader)
    const startedMs = performance.now()
    const { reports } = autopsy(this.world.data, this.remembered, this.shown.seen.values())
    this.proofs.push(...(await brokenProofs(client, reports.keys())))
    say(`${reports.size} audit files checked in ${Math.round(performance.now() - startedMs)} ms`)
    client.close()
  }

  private judge(server: Server): void {
    this.other.push(...server.complaints().map((line) => `in the log: ${line}`))
  }

  private examine(): void {
    if (!existsSync(this.world.data)) return
    const {
      brokenProofs: broken,
      changedVerdicts,
      ...remembered
    } = autopsy(this.world.data, this.remembered, this.shown.seen.values())
    this.proofs.push(...broken)
    for (const problem of changedVerdicts) this.verdicts.add(problem)
    this.remembered = remembered
  }
}
