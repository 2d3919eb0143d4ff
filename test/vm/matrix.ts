import { gunzipSync } from 'node:zlib'
import { FrameReader, has, total, type KernelBeat, type KernelEvent } from '../../src/guard/probes/ebpf/decode.ts'
import { readHello, readPolicyActive, type Hello } from '../../src/guard/probes/ebpf/words.ts'

export type Case = {
  readonly mode: string
  readonly case: string
  readonly outcome: string
  readonly errno: number
  readonly effect: boolean
  readonly pid: number
}

/** What a guest said. */
export type Guest = {
  readonly kernel: string
  readonly cases: readonly Case[]
  readonly events: readonly KernelEvent[]
  readonly last: KernelBeat | null
  readonly hello: Hello | null
  readonly after: ReadonlyMap<string, string>
  /** Whether a policy that demands prevention was refused where LSM is not. */
  readonly wasRefused: boolean
  readonly notes: readonly string[]
}

export function guestOf(lines: readonly string[]): Guest {
  const said = lines.flatMap((line) => {
    const at = line.indexOf('RP ')
    return at < 0 ? [] : [line.slice(at + 3)]
  })
  const events: KernelEvent[] = []
  const notes: string[] = said.filter((line) => /^(log|timeout|status|sensor) /.test(line))
  let [last, hello]: [KernelBeat | null, Hello | null] = [null, null]
  const reader = new FrameReader(
    (frame) => {
      if (frame.type === 'event') events.push(frame.event)
      else if (frame.type === 'bye') last = frame.beat
      else if (frame.type === 'hello') hello = readHello(frame.body)
      else if (frame.type === 'policyActive') notes.push(`unmet ${JSON.stringify(readPolicyActive(frame.body).unmet)}`)
      else if (frame.type === 'refused') notes.push(`refused ${JSON.stringify(frame.body)}`)
    },
    (fault) => notes.push(`frames: ${fault}`),
  )
  const frames = framesIn(lines)
  if (frames !== null) reader.push(frames)
  return {
    kernel: said.find((line) => line.startsWith('kernel ')) ?? 'kernel ?',
    cases: said.flatMap((line) => caseOf(line)),
    events,
    last,
    hello,
    wasRefused: said.includes('nolsm refused 1'),
    after: new Map(
      said.flatMap((line) => {
        const match = /^after (\S+) .*"outcome":"(\w+)"/.exec(line)
        return match ? [[match[1] ?? '', match[2] ?? ''] as const] : []
      }),
    ),
    notes,
  }
}

/** Everything that is not as it must be, in words; none: the matrix is green. */
export function problemsIn(guest: Guest, names: readonly string[]): readonly string[] {
  const problems: string[] = []
  for (const mode of ['audit', 'alert', 'enforce'])
    for (const name of names) {
      const found = guest.cases.find((each) => each.mode === mode && each.case === name)
      if (found === undefined) problems.push(`${mode} ${name}: it said nothing`)
      else problems.push(...problemsOf(found, guest.events).map((what) => `${mode} ${name}: ${what}`))
    }
  problems.push(...problemsWithoutLsm(guest, names))
  const { last, hello, after } = guest
  if (hello === null) problems.push('the sensor said no HELLO')
  for (const { name, state, errno, note } of hello?.hooks ?? [])
    if (state === 'failed' || state === 'missing') problems.push(`${name} is ${state}: ${note} errno ${errno}`)
  if (last === null) problems.push('the sensor gave no last account')
  else if (BigInt(guest.events.length) + total(last, 'dropped') !== last.nextSequence)
    problems.push(`${guest.events.length} events came, ${total(last, 'dropped')} were dropped, ${last.nextSequence} were made`)
  for (const [step, outcome] of expectedAfter)
    if (after.get(step) !== outcome) problems.push(`${step}: ${after.get(step)}, not ${outcome}`)
  return problems
}

/** The terminate tier: each attack is refused or its process ended, and none of those that only read has what it wanted. */
function problemsWithoutLsm({ cases, wasRefused }: Guest, names: readonly string[]): readonly string[] {
  const problems = wasRefused ? [] : ['without LSM: a policy that demands prevention was not refused']
  for (const name of names) {
    const found = cases.find((each) => each.mode === 'nolsm' && each.case === name)
    // Denied its very first fork, the program that tries `fork` is ended before it can say so.
    if (name === 'fork') continue
    const said = `without LSM, ${name}: ${found?.outcome ?? 'it said nothing'}, effect ${found?.effect}`
    const isStopped = found?.outcome === 'killed' || found?.outcome === 'refused'
    if (name.startsWith('allowed_') ? found?.outcome !== 'done' : !isStopped) problems.push(said)
    else if (found?.effect === true && !mayHaveEffect.has(name) && !name.startsWith('allowed_')) problems.push(said)
  }
  return problems
}

/** A kill comes while the call goes on: these are done by the time it is felt. */
const mayHaveEffect = new Set(
  'create truncating_open truncate shared_files unlink rename new_link chmod ptrace_attach'.split(' '),
)

/** A killed sensor's denials end with it; those of one that persists stay until they are unpinned. */
const expectedAfter: readonly (readonly [string, string])[] = [
  ['plain:guarded', 'refused'],
  ['plain:killed', 'done'],
  ['persist:guarded', 'refused'],
  ['persist:killed', 'refused'],
  ['persist:unpinned', 'done'],
]

function problemsOf(found: Case, events: readonly KernelEvent[]): readonly string[] {
  const { mode, outcome, effect, pid } = found
  const mine = events.filter((event) => (event.pid === pid || event.parent === pid) && has(event, 'violation'))
  const said = `${outcome}, errno ${found.errno}, effect ${effect}`
  if (found.case.startsWith('allowed_'))
    return [
      ...(outcome === 'done' && effect ? [] : [`it must go on: ${said}`]),
      ...(mine.length === 0 ? [] : ['it was told as a violation']),
    ]
  const isModule = found.case.endsWith('init_module')
  if (mode === 'enforce') {
    return [
      ...(outcome === 'refused' && !effect ? [] : [`not denied: ${said}`]),
      ...(mine.some((event) => event.effect === 1) ? [] : ['no event says that it was prevented']),
    ]
  }
  return [
    ...((isModule ? outcome === 'failed' : outcome === 'done' && effect) ? [] : [`it must go on: ${said}`]),
    ...(mine.some((event) => event.effect === 0) ? [] : ['no event tells of it']),
  ]
}

function caseOf(line: string): readonly Case[] {
  const match = /^case (\w+) (\{.*\})/.exec(line)
  if (!match) return []
  try {
    return [{ mode: match[1] ?? '', ...(JSON.parse(match[2] ?? '') as Omit<Case, 'mode'>) }]
  } catch {
    return []
  }
}

/** The first copy that came through whole, which gzip's checksum says; null: none did, and so the account is missing, which fails. */
function framesIn(lines: readonly string[]): Buffer | null {
  for (const [from, line] of lines.entries()) {
    if (!line.includes('RP frames begin')) continue
    const to = lines.findIndex((other, at) => at > from && other.includes('RP frames end'))
    if (to < 0) return null
    try {
      return gunzipSync(Buffer.from(lines.slice(from + 1, to).join(''), 'base64'))
    } catch {
      // The next copy may be whole.
    }
  }
  return null
}
