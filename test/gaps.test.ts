// What no other tool does, each from sensor output to a report that is verified: the gaps G1 to G12 by their names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint } from '../core/judge/fingerprint.ts'
import { BlindSpotsSchema } from '../core/model/blind-spots.ts'
import type { Identity } from '../core/model/behaviour.ts'
import { WaiverSchema } from '../core/model/waiver.ts'
import { alive, judged, ms, shell, snapshot, time, verdictOf, wordsOf, type Line } from './gaps-setup.ts'
import { connectors } from '../src/sensors/registry.ts'
import { assessedSample, root, scratch } from './sample.ts'

const [before, after] = [ms(0, -5), ms(1, 5)]
const quiet = alive(before, after)
const falcoOn = (more: Readonly<Record<string, unknown>>) => [{ name: 'falco', nodes: ['n1'], interval: '5m', ...more }]

test('G1: a sensor that was silent for 90 minutes of a day never passes, and the signed report names when', async () => {
  const sensors = [{ name: 'falco', nodes: ['n1', 'n3'], interval: '5m', minCoverage: 0.99 }]
  const lines = [
    ...alive(before, ms(24, 5)),
    ...alive(before, ms(2, 10), () => ({}), 'n3'),
    ...alive(ms(3, 40), ms(24, 5), () => ({}), 'n3'),
  ]
  const day = await judged(lines, { manifest: { sensors, window: { every: '24h' } }, to: ms(24) })
  assert.deepEqual(verdictOf(day), ['inconclusive', ['coverage']])
  assert.match(wordsOf(day), /0\.9375, at least 0\.99.*blind: falco on n3 from 2026-03-02T02:10:00Z to 2026-03-02T03:40:00Z/)
  assert.deepEqual(
    day.predicate.coverage.sensors.map(({ blind }) => blind),
    [[], [{ from: '2026-03-02T02:10:00Z', to: '2026-03-02T03:40:00Z' }]],
  )
  const whole = await judged([...lines, ...alive(ms(2, 15), ms(3, 35), () => ({}), 'n3')], {
    manifest: { sensors, window: { every: '24h' } },
    to: ms(24),
  })
  assert.equal(verdictOf(whole)[0], 'pass')
})

test('G2: every control, workload, sensor and minute is counted exactly once, and the parts are the population', async () => {
  const workloads = ['api', 'web'].map((name) => ({ name, namespace: 'shop' }))
  const deny = { binaries: ['/bin/sh'] }
  const controls = [
    { id: 'all', title: 'All', behaviour: 'exec', deny },
    { id: 'one', title: 'One', behaviour: 'exec', deny, appliesTo: { workloads: ['api'] } },
  ]
  const { report } = await judged(alive(before, ms(0, 30)), {
    manifest: { scope: { application: 'shop', environment: 'prod', workloads }, controls },
  })
  assert.deepEqual(report.judgement.coverage.totals, {
    population: 2 * 2 * 60,
    observed: 3 * 30,
    degraded: 0,
    silent: 3 * 30,
    outOfScope: 60,
  })
})

test('G3: a pass names the ceiling of what its sensors can see; a sensor that nobody described lets nothing pass', async () => {
  const passed = await judged(quiet)
  assert.deepEqual(verdictOf(passed), ['pass', ['clean', 'ceiling']])
  assert.match(wordsOf(passed), /Out of sight for falco: code that a running process loads or interprets/)
  assert.ok(passed.evidence.some(({ kind }) => kind === 'blindSpots'))
  const mystery = await judged(quiet, { manifest: { sensors: [...falcoOn({}), { name: 'mystery' }] } })
  assert.deepEqual(verdictOf(mystery)[0], 'pass', 'a control that does not rest on it is none of its business')
  const resting = { id: 'no-shell', title: 'T', behaviour: 'exec', deny: { binaries: ['/bin/sh'] } }
  const all = await judged(quiet, { manifest: { sensors: [...falcoOn({}), { name: 'mystery' }], controls: [resting] } })
  assert.deepEqual(verdictOf(all), ['inconclusive', ['coverage', 'descriptor']])
})

test('G3: every sensor that is read is described', () => {
  const catalogue = JSON.parse(readFileSync(join(root, 'catalogue', 'blind-spots.json'), 'utf8')) as object
  // State checks write through the connector of our own records, under a name of their own.
  const read = [...connectors.map(({ sensor }) => sensor), 'state']
  assert.deepEqual(Object.keys(BlindSpotsSchema.parse(catalogue)).sort(), read.sort())
})

test('G5: what was seen and what is left after waivers both stand in the signed report', async () => {
  const { members } = await assessedSample()
  const report = JSON.parse(new TextDecoder().decode(members.get('report.json'))) as Awaited<ReturnType<typeof judged>>['report']
  const waived = report.judgement.controls.find(({ verdict }) => verdict === 'waived')
  assert.equal(waived?.verdictBeforeWaivers, 'fail')
  assert.ok(waived.counts.violations > 0 && waived.findings.length === waived.counts.violations)
})

const [ours, theirs] = ['a'.repeat(64), 'b'.repeat(64)]
const loaded = (digest: string) => ({ 'falco.sha256_rules_file.shop_rules_yaml': digest })

test('G7: minutes in which the sensor had loaded another policy than the declared one do not count', async () => {
  const manifest = { sensors: falcoOn({ policies: { 'shop_rules.yaml': ours } }) }
  const right = await judged(
    alive(before, after, () => loaded(ours)),
    { manifest },
  )
  assert.equal(verdictOf(right)[0], 'pass')
  const [instance] = right.report.judgement.coverage.instances
  assert.deepEqual([instance?.version, instance?.policies], ['0.41.0', { shop_rules_yaml: ours }])

  const swapped = alive(before, after, (at) => loaded(at >= ms(0, 20) && at < ms(0, 30) ? theirs : ours))
  const wrong = await judged(swapped, { manifest })
  assert.deepEqual(verdictOf(wrong), ['inconclusive', ['coverage']])
  assert.match(wordsOf(wrong), /from 2026-03-02T00:15:00Z to 2026-03-02T00:30:00Z \(15 min, another policy is loaded\)/)
  assert.match(wordsOf(await judged(quiet, { manifest })), /the loaded policy is not known/)
  assert.equal(verdictOf(await judged(swapped))[0], 'pass', 'nothing declared, nothing to show')
})

test('G8: late evidence makes a report that supersedes the old one, which stays what it was', async () => {
  const cwd = scratch()
  const early = await judged(quiet, { cwd })
  const late = await judged([...quiet, shell(ms(0, 20))], { cwd, previous: early.audit })
  assert.deepEqual([early.report.judgement.verdict, late.report.judgement.verdict], ['pass', 'fail'])
  assert.deepEqual(late.report.previous, {
    windowId: early.report.window.id,
    reportDigest: early.reportDigest,
    relation: 'supersedes',
  })
  assert.deepEqual(
    late.report.judgement.findings.map(({ recurrence, control }) => [control, recurrence]),
    [['no-shell', 'new']],
  )
  // Both were verified after the second was made; the first names no other and was not touched.
  assert.equal(early.report.previous, null)
  assert.ok(late.report.ledger.size > early.report.ledger.size)
})

test('G8: an undated act is not dropped but asks for a person, and what a clock ran ahead with is counted', async () => {
  const undated = await judged([...quiet, { ...shell(ms(0, 20)), time: '1970-01-01T00:00:00Z' }])
  assert.deepEqual(verdictOf(undated), ['review', ['unplaced']])
  assert.equal(undated.report.judgement.tally['unplaced/falco'], 1)
  const ahead = await judged([...quiet, shell(ms(28))])
  assert.deepEqual(
    [ahead.report.judgement.tally['clock_skew/falco'], ahead.report.judgement.tally['out_of_window/falco']],
    [1, 1],
  )
})

test('G9: a fingerprint carries its version, follows from the sealed identity alone, and is what a waiver binds to', async () => {
  const { report, evidence } = await judged([...quiet, shell(ms(0, 20))])
  const [finding] = report.judgement.findings
  assert.match(finding?.fingerprint ?? '', /^rpf1:[0-9a-f]{64}$/)
  const behaviours = evidence.filter(({ kind }) => kind === 'behaviour') as unknown as {
    fingerprint: string
    identity: Identity
  }[]
  for (const behaviour of behaviours) assert.equal(fingerprint(behaviour.identity), behaviour.fingerprint)
  const scopeOf = (print: string) => WaiverSchema.shape.scope.safeParse({ fingerprints: [print] }).success
  assert.equal(scopeOf(finding?.fingerprint ?? ''), true)
  assert.equal(scopeOf((finding?.fingerprint ?? '').slice('rpf1:'.length)), false)
})

test('G10: new, recurring, gone and returned over a chain of windows; gone is no claim where nobody was looking', async () => {
  const cwd = scratch()
  const hour = (index: number, seen: boolean, previous: string | null, to = ms(index + 1, 5)) => {
    const lines = [...alive(ms(index, -5), to), ...(seen ? [shell(ms(index, 20))] : [])]
    return judged(lines, { cwd, from: ms(index), to: ms(index + 1), previous })
  }
  const recurrences = ({ report }: Awaited<ReturnType<typeof judged>>) =>
    report.judgement.findings.map(({ recurrence }) => recurrence)
  const first = await hour(0, true, null)
  const second = await hour(1, true, first.audit)
  assert.deepEqual([recurrences(first), recurrences(second)], [['new'], ['recurring']])
  assert.equal(second.report.previous?.relation, 'follows')

  const fingerprint = first.report.judgement.findings[0]?.fingerprint
  const clean = await hour(2, false, second.audit)
  assert.deepEqual(clean.report.judgement.gone, [{ fingerprint, watched: true }])
  const blind = await hour(2, false, second.audit, ms(2, 30))
  assert.deepEqual(blind.report.judgement.gone, [{ fingerprint, watched: false }])

  const third = await hour(3, true, clean.audit)
  assert.deepEqual([recurrences(third), third.report.judgement.gone], [['returned'], []])
})

test('G12: an act that nobody can attribute concerns every workload that it could belong to, and is never dropped', async () => {
  const workloads = ['api', 'web'].map((name) => ({ name, namespace: 'shop' }))
  const manifest = { scope: { application: 'shop', environment: 'prod', workloads } }
  const nobody = shell(ms(0, 20), { 'k8s.ns.name': null, 'k8s.pod.name': null, 'container.id': null })
  const lost = await judged([...quiet, nobody], { manifest })
  assert.deepEqual(verdictOf(lost), ['review', ['violations.review']])
  const [finding] = lost.report.judgement.findings
  assert.deepEqual([finding?.attributed, finding?.workloads], [false, ['shop/api', 'shop/web']])
  assert.equal(lost.report.judgement.tally['unattributed/falco'], 1)
})

test('alerts that Falco counted and nobody received leave the window inconclusive', async () => {
  const counting = (total: number) => alive(before, after, (at) => ({ 'falco.rules.matches_total': at > ms(0, 20) ? total : 0 }))
  const harmless: Line = { ...shell(ms(0, 22), { 'k8s.ns.name': 'other' }), rule: 'Something else' }
  assert.equal(verdictOf(await judged([...counting(1), harmless]))[0], 'pass')
  const lost = await judged([...counting(3), harmless])
  assert.deepEqual(verdictOf(lost), ['inconclusive', ['coverage']])
  assert.match(wordsOf(lost), /from 2026-03-02T00:20:00Z to 2026-03-02T00:25:00Z \(5 min, 2 of 3 alerts did not arrive\)/)
})

/** Snapshots that count by rule from 00:20 on, and what arrives of them from 00:21 on; all of it of another application. */
function counting(rules: Readonly<Record<string, number>>, total = Object.values(rules).reduce((sum, count) => sum + count, 0)) {
  const named = Object.fromEntries(Object.entries(rules).map(([rule, count]) => [`falco.rules.${rule}`, count]))
  return alive(before, after, (at) => ({
    'falco.rules.matches_total': 0,
    ...(at > ms(0, 20) && { ...named, 'falco.rules.matches_total': total }),
  }))
}
const arriving = (rule: string, count: number): Line[] =>
  Array.from({ length: count }, (_, second) => ({ ...shell(ms(0, 21, second), { 'k8s.ns.name': 'other' }), rule }))

test('a lost alert of a quiet rule is found however noisy others are, and what arrives twice hides none', async () => {
  const counted = counting({ Read_sensitive_file_untrusted: 3, Noise: 40 })
  const noise = arriving('Noise', 40)
  const all = await judged([...counted, ...noise, ...arriving('Read sensitive file (untrusted)', 3)])
  assert.equal(verdictOf(all)[0], 'pass')
  const lost = await judged([...counted, ...noise, ...noise, ...arriving('Read sensitive file (untrusted)', 2)])
  assert.deepEqual(verdictOf(lost), ['inconclusive', ['coverage']])
  assert.match(
    wordsOf(lost),
    /from 2026-03-02T00:20:00Z to 2026-03-02T00:25:00Z \(5 min, 1 of 3 alerts of “Read_sensitive_file_untrusted” did not arrive\)/,
  )
  const beats = lost.evidence
    .filter(({ kind }) => kind === 'watch')
    .map((line) => (line as { signal?: { rules?: unknown } }).signal?.rules)
  assert.ok(beats.some((rules) => JSON.stringify(rules) === '{"Noise":80,"Read_sensitive_file_untrusted":2}'))
})

test('two rules that Falco counts under one name are one; a reload that sets counters back is no loss', async () => {
  const both = [...arriving('Read file', 2), ...arriving('Read (file)', 1)]
  assert.equal(verdictOf(await judged([...counting({ Read_file: 3 }), ...both]))[0], 'pass')
  assert.match(wordsOf(await judged([...counting({ Read_file: 4 }), ...both])), /1 of 4 alerts of “Read_file” did not arrive/)
  const reloaded = counting({ Read_file: 3 }).map((line): Line => {
    const isAfter = String(line['time']) > time(ms(0, 40))
    return isAfter
      ? {
          ...line,
          output_fields: { ...(line['output_fields'] as object), 'falco.rules.Read_file': 0, 'falco.rules.matches_total': 0 },
        }
      : line
  })
  assert.equal(verdictOf(await judged([...reloaded, ...both]))[0], 'pass')
})

test('evidence without counters by rule is what it was: the sum alone is compared, and beats name no rule', async () => {
  const { evidence, report } = await judged([...counting({}, 3), ...arriving('Noise', 3)])
  assert.equal(report.judgement.controls[0]?.verdict, 'pass')
  assert.ok(evidence.every((line) => !JSON.stringify(line).includes('"rules":')))
})

test('a failed reload holds until rules were loaded anew', async () => {
  const failed: Line = { ...snapshot(ms(0, 12)), rule: 'Falco internal: hot restart failure', output_fields: {} }
  const forever = await judged([...quiet, failed])
  assert.match(wordsOf(forever), /from 2026-03-02T00:12:00Z to 2026-03-02T01:00:00Z/)
  const reloaded = (at: number) => (at > ms(0, 30) ? { 'falco.reload_ts': `${ms(0, 30)}000000` } : {})
  assert.match(
    wordsOf(await judged([...alive(before, after, reloaded), failed])),
    /from 2026-03-02T00:12:00Z to 2026-03-02T00:30:00Z/,
  )
})

const pod = { namespace: 'shop', name: 'api-7c9d-x2x4z', workload: 'api', container: { id: `containerd://${'c'.repeat(64)}` } }
const process = { exec_id: 'bjE6MTIzOjQ3MTE=', pid: 4711, binary: '/bin/sh', arguments: '-c id', flags: 'execve', pod }
const tetragonLine = (at: number, event: Line): Line => ({ ...event, node_name: 'n1', time: time(at) })
const asked = tetragonLine(ms(0, 20), {
  process_lsm: {
    process,
    function_name: 'bprm_check_security',
    policy_name: 'no-shell',
    action: 'KPROBE_ACTION_SIGKILL',
    args: [{ linux_binprm_arg: { path: '/bin/sh' } }],
  },
})
const ended = (signal: string) => tetragonLine(ms(0, 20, 1), { process_exit: { process, signal } })
const tetragonAlive = Array.from({ length: 71 }, (_, minute) =>
  tetragonLine(ms(0, minute - 5), { process_exit: { process: { exec_id: `${minute}`, pid: 1, binary: '/bin/true', pod } } }),
)
const byTetragon = {
  sensors: [{ name: 'tetragon', nodes: ['n1'], liveness: 'activity', interval: '5m' }],
  controls: [{ id: 'no-shell', title: 'T', behaviour: 'exec', deny: { binaries: ['/bin/sh'] } }],
}

test('a kill that Tetragon was told to make is terminated only where the process ended by it', async () => {
  const effects = async (...lines: readonly Line[]) =>
    (await judged([...tetragonAlive, asked, ...lines], { manifest: byTetragon })).report.judgement.findings[0]?.effects
  assert.deepEqual(await effects(ended('SIGKILL')), { prevented: 0, terminated: 1, observed: 0, unknown: 0 })
  assert.deepEqual(await effects(ended('SIGTERM')), { prevented: 0, terminated: 0, observed: 0, unknown: 1 })
  assert.deepEqual(await effects(), { prevented: 0, terminated: 0, observed: 0, unknown: 1 })
})

test('a throttled container blinds its own workload and no other; a cgroup of nobody blinds all', async () => {
  const workloads = ['api', 'web'].map((name) => ({ name, namespace: 'shop' }))
  const manifest = { ...byTetragon, scope: { application: 'shop', environment: 'prod', workloads } }
  const seen = tetragonLine(ms(0, 10), { process_exec: { process: { ...process, binary: '/app/api' } } })
  const throttle = (cgroup: string) => tetragonLine(ms(0, 20), { process_throttle: { type: 'THROTTLE_START', cgroup } })
  const silent = async (cgroup: string) =>
    (await judged([...tetragonAlive, seen, throttle(cgroup)], { manifest })).report.judgement.controls[0]?.watched.map(
      ({ workload, silent }) => [workload, silent],
    )
  assert.deepEqual(await silent(`cri-containerd-${'c'.repeat(64)}.scope`), [
    ['shop/api', 40],
    ['shop/web', 0],
  ])
  assert.deepEqual(await silent('/system.slice/sshd.service'), [
    ['shop/api', 40],
    ['shop/web', 40],
  ])
})
