import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { act, beating, inputsOf, manifestOf, noShell, verifiedWaiver } from '../../core/judge/fixtures.ts'
import { judge } from '../../core/judge/judge.ts'
import { resolve } from '../../core/judge/resolve.ts'
import type { Control } from '../../core/model/manifest.ts'
import type { Inputs } from '../../core/model/sealed.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { agrees, explainControl, type Explanation } from './explain.ts'
import { gateQuestion, traceGate } from './explain/gate-trace.ts'
import { placesOf } from './explain/place.ts'
import { exampleReport } from './fixtures/report.ts'
import { explanationText } from './text/explain.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const source = readFileSync(new URL('../../catalogue/gate/gate.rego', import.meta.url), 'utf8').split('\n')
const plain = (rest: Parameters<typeof act>[0] = {}) =>
  act({ class: 'observation', sensor: 'tetragon', rule: null, severity: null, ...rest })

type Case = Partial<Omit<Inputs, 'manifest'>> & Parameters<typeof inputsOf>[0] & { readonly controls?: readonly Control[] }
function inputs({ controls, decisions = [], evaluatedAt = '2026-03-02T00:10:00Z', ...rest }: Case): Inputs {
  return {
    ...inputsOf({ ...rest, gate, manifest: manifestOf(controls ? { controls: [...controls] } : {}) }),
    decisions,
    evaluatedAt,
  }
}
function explained(given: Case, control = 'no-shell', options: { readonly coverage?: boolean } = {}): Explanation {
  const all = inputs(given)
  return explainControl(all, exampleReport({ judgement: judge(all) }), control, options)
}
const linesOf = ({ match }: Explanation): readonly string[] => match.findings.flatMap(({ lines }) => lines)

test('a finding by the deny list: what bound it, how it was weighed, and the gate’s reason with its place', () => {
  const explanation = explained({ acts: [plain()] })
  assert.deepEqual([explanation.verdict, agrees(explanation)], ['fail', true])
  assert.equal(explanation.match.findings[0]?.what, 'exec /bin/sh in shop/api, 1 time, 2026-03-02 00:02:05 UTC')
  assert.deepEqual(linesOf(explanation), [
    'the act is on the control’s deny list',
    'severity high: the worst of what the sensors said (tetragon none, which counts as high)',
    'confidence 1: fully read and attributed',
    'it counts towards failing',
  ])
  const [reason] = explanation.gate.reasons
  const row = Number(/^gate\.rego:(\d+)$/.exec(reason?.place ?? '')?.[1])
  assert.match(source.slice(row - 3, row + 3).join('\n'), /threshold_/)
})

test('a rule that the evidence names binds without the act', () => {
  const control: Control = {
    ...noShell,
    deny: { binaries: ['/never'] },
    evidence: { falco: ['Terminal*'] },
    severity: 'critical',
  }
  const lines = linesOf(explained({ acts: [act()], controls: [control] }))
  assert.equal(lines[0], 'the control’s evidence names the rule of falco “Terminal shell in container”')
  assert.ok(lines.includes('severity critical: the control sets it'))
})

test('caps are told: not attributed, target known by name only, incomplete event', () => {
  const nobody = explained({ acts: [plain({ subject: { namespace: null, workload: null, pod: null } })] })
  assert.ok(linesOf(nobody).some((line) => line.startsWith('confidence 0.7: capped at 0.7, since it could not be attributed')))
  assert.ok(linesOf(nobody).includes('it does not count towards failing (confidence below 0.8)'))
  const named = explained({ acts: [plain({ target: { type: 'binary', path: 'sh', partial: true } })] })
  assert.ok(
    linesOf(named).some((line) => line.startsWith('confidence 0.6: capped at 0.6, since too little is known of its target')),
  )
  const cut = explained({ acts: [plain({ confidence: 0.7 })] })
  assert.ok(
    linesOf(cut).some(
      (line) => line === 'confidence 0.7: the events themselves are read with 0.7 (incomplete, cut, or a name without its path)',
    ),
  )
})

test('what was considered and passed is counted by reason, so that nothing is left unsaid', () => {
  const { deny: _deny, ...rest } = noShell
  const control: Control = { ...rest, allow: { binaries: ['/app/*'] } }
  const acts = [
    plain(),
    plain({ target: { type: 'binary', path: '/app/api', partial: false } }),
    plain({ action: 'open', target: { type: 'path', path: '/etc/passwd', partial: false } }),
  ]
  const { match } = explained({ acts, controls: [control] })
  assert.equal(match.behaviours, 3)
  assert.deepEqual(
    match.passed.map(({ why, count }) => [why.slice(0, 20), count]),
    [
      ['another kind of act,', 1],
      ['on the control’s all', 1],
    ],
  )
  assert.equal(match.findings.length, 1)
  assert.equal(match.passed.reduce((sum, { count }) => sum + count, 0) + match.findings.length, match.behaviours)
})

test('an exception is told with its reason, and counts towards nothing', () => {
  const control = { ...noShell, except: [{ reason: 'the image’s probe', binaries: ['/bin/sh'] }] }
  const explanation = explained({ acts: [plain()], controls: [control] })
  assert.equal(explanation.verdict, 'pass')
  assert.ok(linesOf(explanation).includes('an exception of the control covers it (“the image’s probe”): it does not count'))
  assert.ok(!linesOf(explanation).some((line) => /counts? towards/.test(line)))
})

test('coverage is told per workload and sensor, with every blind stretch', () => {
  const { cover, verdict } = explained({ watch: beating(0, 3) })
  assert.equal(verdict, 'inconclusive')
  assert.match(
    cover.lines[0] ?? '',
    /^falco watched \d+ % of shop\/api \(\d observed, 0 degraded, \d silent minutes\); 100 % is required: not enough$/,
  )
  assert.match(cover.blind[0] ?? '', /^falco on n1 silent 2026-03-02 00:\d\d/)
  assert.deepEqual(explained({}).cover.blind, [])
})

test('a waiver is told with its state, dates and signer, before and after its end', () => {
  const decisions = [verifiedWaiver()]
  const held = explained({ acts: [plain()], decisions })
  assert.deepEqual([held.verdict, held.verdictBeforeWaivers], ['waived', 'fail'])
  assert.match(
    held.waive.waivers[0]?.says ?? '',
    /^in force at .* until 2026-03-10 00:00 UTC \(\d days left\), signed by Ada, asked for by Bob; covers 1 finding/,
  )
  assert.ok(linesOf(held).includes('waived by w-1: it counts before waivers only'))
  const ended = explained({ acts: [plain()], decisions, evaluatedAt: '2026-03-11T00:00:00Z' })
  assert.equal(ended.verdict, 'fail')
  assert.match(ended.waive.waivers[0]?.says ?? '', /^expired at .* \(ended 24 hours ago\)/)
})

test('a report that says something else than its evidence is contradicted', () => {
  const all = inputs({ acts: [plain()] })
  const judgement = judge(all)
  const [control] = judgement.controls
  assert.ok(control)
  const forged = exampleReport({ judgement: { ...judgement, controls: [{ ...control, verdict: 'pass' }] } })
  const explanation = explainControl(all, forged, 'no-shell')
  assert.equal(agrees(explanation), false)
  assert.match(explanationText(explanation, 100).join('\n'), /THE REPORT SAYS PASS/)
})

test('a control that does not exist is refused with the nearest ones', () => {
  assert.throws(() => explained({}, 'shell'), { code: 'usage', message: /no control "shell"; did you mean no-shell\?/ })
  assert.throws(() => explained({}, 'zzz'), { code: 'usage', message: /it has no-shell/ })
})

/** The line of the gate's source at a place, `gate.rego:54`. */
const lineAt = (place: string | null | undefined): string => source[Number(place?.split(':')[1]) - 1] ?? ''

test('each reason is placed at the body that held, also where several write the same word', () => {
  const clean = explained({})
  assert.deepEqual(
    clean.gate.reasons.map(({ code, place }) => [code, lineAt(place).split('(')[0]]),
    [['clean', 'clean']],
  )
  const blind = explained({ watch: beating(0, 3) })
  assert.match(lineAt(blind.gate.reasons[0]?.place), /^blind\(control\)/)
})

test('the verdict comes from the rule that it is written in, of this control and not of the window', () => {
  const { gate: passed } = explained({})
  assert.deepEqual(
    passed.givenBy.map(({ verdict, rule, place }) => [verdict, rule, lineAt(place).trim()]),
    [['pass', 'precedence', '} else := "pass"']],
  )
  const waived = explained({ acts: [plain()], decisions: [verifiedWaiver()] })
  assert.deepEqual(
    waived.gate.givenBy.map(({ verdict, rule }) => [verdict, rule]),
    [
      ['fail', 'precedence'],
      ['waived', 'after_waivers'],
    ],
  )
  const text = explanationText(waived, 200).join('\n')
  assert.match(text, /= “fail”, as observed, comes from the gate’s rule precedence at gate\.rego:\d+/)
  assert.match(text, /= “waived”, after waivers, comes from the gate’s rule after_waivers at gate\.rego:\d+/)
})

test('a gate that says something else when asked about one control alone is followed over the whole window', () => {
  const all = inputs({ acts: [plain()] })
  const judgement = judge(all)
  const [decided] = judgement.controls
  assert.ok(decided)
  const question = gateQuestion(all, resolve(all.manifest), judgement)
  assert.equal(traceGate(gate, question, decided).alone, true)
  assert.equal(traceGate(gate, question, { ...decided, reasons: [] }).alone, false)
})

test('the lines of the gate that a window had no occasion for are told when they are asked for', () => {
  assert.equal(explained({}).gate.lines, null)
  const clean = explained({}, 'no-shell', { coverage: true })
  const [file] = clean.gate.lines ?? []
  assert.equal(file?.file, 'gate.rego')
  const row = (text: string): number => source.findIndex((line) => line.includes(text)) + 1
  assert.ok(file?.evaluated.includes(row('} else := "pass"')))
  assert.ok(file?.never.includes(row('any_waived(control) if')))
  assert.ok(file?.evaluated.every((one) => !file.never.includes(one)))
  const failed = explained({ acts: [plain()] }, 'no-shell', { coverage: true })
  assert.match(
    explanationText(failed, 100).join('\n'),
    /5 LINES .*\n {2}- gate\.rego: \d+ of \d+ lines that hold rules were evaluated\n/,
  )
  assert.match(explanationText(failed, 100).join('\n'), /no occasion for lines \d+/)
})

test('a gate’s places: none where several rules hold the name, none for a plan without positions', () => {
  const places = placesOf(gate)
  assert.match(places('runproof.gate.coverage') ?? '', /^gate\.rego:\d+$/)
  assert.equal(places('runproof.gate.no_such_rule'), null)
  assert.equal(placesOf({})('runproof.gate.coverage'), null)
  const use = { type: 'string_index', value: 0 }
  const functions = ['a', 'b'].map((name) => ({ name, blocks: [{ stmts: [{ stmt: { file: 0, row: 3, source: use } }] }] }))
  const plan = { static: { strings: [{ value: 'x' }], files: [{ value: 'p/g.rego' }] }, funcs: { funcs: functions } }
  assert.equal(placesOf(plan)('gate.x'), null)
  assert.equal(placesOf({ ...plan, funcs: { funcs: functions.slice(1) } })('gate.x'), 'g.rego:3')
})

test('text of the evidence cannot move a terminal’s cursor', () => {
  const acts = [
    plain({ target: { type: 'binary', path: '/bin/sh', partial: false }, subject: { executable: '/x\u001B[2J' } }),
    plain({ target: { type: 'binary', path: '/tmp/\u202Egnp', partial: false } }),
  ]
  const text = explanationText(explained({ acts }), 90).join('\n')
  for (const character of ['\u001B', '\u202E']) assert.ok(!text.includes(character))
  assert.match(text, /<U\+202E>gnp/)
})
