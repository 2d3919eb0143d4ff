import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import type { ViolationType } from '../../guard/model.ts'
import { compilePolicy } from '../../guard/policy/compile.ts'
import { readPolicy } from '../../guard/policy/read-policy.ts'
import type { ActivePolicy, Coverage, Probe } from '../../guard/probes/probe.ts'
import { Learner, learningPolicy, type LearnedFrom } from '../../guard/run/learn.ts'
import { Resources } from '../../guard/run/resources.ts'
import { createFile } from '../../lib/io/durable-file.ts'
import { EXIT, type Io } from '../command.ts'
import { durationNamed } from '../forward/options.ts'
import { candidates, sensorOptions } from './probes.ts'
import { readRecorded } from './recorded.ts'
import { untilAsked } from './until.ts'

const usage =
  'runproof guard learn --process NAME… [--for 60s] [--sensor S] [--descendants] [--out FILE], or runproof guard learn FILE… [--process NAME…]'
const options = {
  process: { type: 'string', multiple: true },
  descendants: { type: 'boolean', default: false },
  for: { type: 'string', default: '60s' },
  ...sensorOptions,
  out: { type: 'string' },
  json: { type: 'boolean' },
} as const
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

type Learned = { readonly learner: Learner; readonly from: LearnedFrom }

/** Writes the least policy under which what was seen could have happened. */
export async function learn(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const { learner, from } = positionals.length > 0 ? await fromRecords(positionals, values, io) : await fromHost(values, io)
  if (learner.processes === 0) {
    io.err(
      `runproof guard learn: nothing was seen of ${(values.process ?? ['any process']).join(', ')}, so there is nothing to allow`,
    )
    return EXIT.review
  }
  const text = learner.policy(from)
  // What we write, we can read.
  const policy = readPolicy(text, values.out ?? 'the learned policy', () => '')
  if (values.json === true) io.out(JSON.stringify({ policy, how: from.how, lost: from.lost, visible: [...from.visible] }))
  else if (values.out === undefined) io.out(text.trimEnd())
  else if (!createFile(resolve(io.cwd, values.out), text))
    throw new RunproofError(
      'file.unwritable',
      `${values.out} is there already: learning never replaces what somebody may have read`,
    )
  else io.out(`wrote ${values.out}: ${learner.processes === 1 ? '1 process' : `${learner.processes} processes`}, ${from.how}`)
  return EXIT.ok
}

async function fromRecords(files: readonly string[], values: Values, io: Io): Promise<Learned> {
  const wanted = values.process === undefined ? null : new Set(values.process)
  const learner = new Learner((name) => (wanted === null || wanted.has(name) ? name : null))
  const visible = new Set<ViolationType>()
  const counts = await readRecorded(files, 'auto', io, ({ sighting }) => {
    visible.add(typeOf(sighting.attempt.type))
    learner.add(sighting)
  })
  const damaged = counts.malformed > 0 ? `, ${counts.malformed} malformed` : ''
  return { learner, from: { how: `read from ${counts.events} recorded events${damaged}`, visible, lost: null } }
}

function typeOf(type: ViolationType | 'memory' | 'cpu'): ViolationType {
  return type === 'memory' || type === 'cpu' ? 'resource' : type
}

async function fromHost(values: Values, io: Io): Promise<Learned> {
  const names = values.process ?? []
  if (names.length === 0) throw new RunproofError('usage', `a process to learn from is missing; usage: ${usage}`)
  const compiled = compilePolicy(learningPolicy(names, values.descendants ?? false))
  const learner = new Learner((name) => compiled.processFor(name)?.name ?? null)
  const active: ActivePolicy = { compiled, generation: 1, mode: 'audit', processModes: new Map() }
  const { probe, lost } = await begun(values, active, learner, io)
  const resources = new Resources({
    // Of the most that was used nothing may be left out.
    againMs: 0,
    check(sighting) {
      learner.add(sighting)
      return null
    },
    onEnd() {},
  })
  resources.apply(active)
  const timer = setInterval(() => resources.look(), 1000)
  const until = untilAsked(durationNamed(values.for ?? '60s', '--for'))
  const startedAt = io.now()
  if (io.interactive) io.err(`watching ${names.join(', ')} with ${probe.kind}; Ctrl-C ends it early`)
  await until.asked
  until.end()
  clearInterval(timer)
  const coverage = probe.coverage()
  await probe.stop()
  const how = `observed for ${Math.round((io.now() - startedAt) / 1000)} s with ${probe.kind}`
  return { learner, from: { how, visible: visibleIn(coverage), lost: lost() } }
}

async function begun(
  values: Values,
  active: ActivePolicy,
  learner: Learner,
  io: Io,
): Promise<{ readonly probe: Probe; readonly lost: () => number | null }> {
  const chosen = candidates(values, io, true)
  for (const [index, { kind, make }] of chosen.entries()) {
    const probe = make()
    let lost: number | null = null
    try {
      await probe.apply(active)
      await probe.start({
        sighting: (sighting) => learner.add(sighting),
        heartbeat: ({ dropped, seen, forks }) => {
          lost = dropped ?? (seen === null || forks === null ? null : Math.max(0, forks - seen))
        },
        loss() {},
        fault: ({ what }) => io.err(`runproof guard learn: ${what}`),
        end() {},
      })
      return { probe, lost: () => lost }
    } catch (error) {
      await probe.stop()
      if (index === chosen.length - 1) throw error
      io.err(`runproof guard learn: ${kind} cannot be used here: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new RunproofError('guard.not_ready', 'no sensor can be used here')
}

function visibleIn({ tiers }: Coverage): ReadonlySet<ViolationType> {
  const types = Object.keys(tiers) as ViolationType[]
  return new Set(types.filter((type) => tiers[type] !== 'none'))
}
