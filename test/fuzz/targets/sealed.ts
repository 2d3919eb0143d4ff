import { gunzipSync } from 'node:zlib'
import { judge } from '../../../core/judge/judge.ts'
import { open, seal } from '../../../core/judge/seal.ts'
import { auditMembers } from '../../../core/model/audit-file.ts'
import { ReportSchema, type Report } from '../../../core/model/report.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { reportHtml } from '../../../src/report/html.ts'
import { reportText } from '../../../src/report/text.ts'
import { assessedSample } from '../../sample.ts'
import { changedJson, mutateJson, mutateLines } from '../mutate.ts'
import { attempt, bytesOf, holds, textOf, type Mutate, type Target } from '../target.ts'
import { canonical } from './audit.ts'

/** Sealed lines that somebody else wrote: what opens seals to the same lines again, and can be judged or is refused. */
export const evidenceTarget: Target = {
  name: 'evidence',
  quick: 24,
  async prepare() {
    const { members } = await assessedSample()
    const lines = gunzipSync(members.get(auditMembers.evidence) ?? new Uint8Array())
      .toString()
      .trimEnd()
      .split('\n')
    const whole = open({ lines })
    const few = {
      ...whole,
      intake: {
        ...whole.intake,
        behaviours: new Map([...whole.intake.behaviours].slice(0, 6)),
        watch: new Map([...whole.intake.watch].slice(0, 40)),
      },
    }
    const none = { ...whole, intake: { behaviours: new Map(), watch: new Map(), tally: new Map() } }
    return {
      seeds: [few, none].map((inputs) => bytesOf([...seal(inputs).lines].join('\n'))),
      mutate: mutateSealed,
      check(input) {
        const changed = textOf(input).split('\n')
        const opened = attempt(() => open({ lines: changed }))
        if (opened.refused !== null) return opened.refused
        holds([...seal(opened.value).lines].join('\n') === changed.join('\n'), 'sealed again it has other lines')
        const judged = attempt(() => judge({ ...opened.value, decisions: [], evaluatedAt: opened.value.window.end }))
        return judged.refused ?? `judged ${judged.value.verdict}`
      },
    }
  },
}

/** Mostly one line changed and written as its canonical form, or nothing behind the first check would ever be reached. */
const mutateSealed: Mutate = (input, random, others) => {
  if (random.chance(0.1)) return mutateLines(input, random, others)
  const lines = textOf(input).split('\n')
  for (let left = 1 + random.int(2); left > 0; left--) {
    // The first lines say what was promised and by which rules it is judged.
    const at = random.int(random.chance(0.5) ? Math.min(5, lines.length) : lines.length)
    const changed = changedJson(lines[at] ?? '', random, [random.pick(lines)])
    if (changed !== null) lines[at] = textOf(canonical(changed))
  }
  return bytesOf(lines.join('\n'))
}

/** report.json from a stranger: what has its shape can be shown, as text and as a page, and cannot put anything into the page. */
export const reportTarget: Target = {
  name: 'report',
  quick: 40,
  async prepare() {
    const { members } = await assessedSample()
    const seed = members.get(auditMembers.report) ?? new Uint8Array()
    return {
      seeds: [seed, smaller(seed)],
      mutate: mutateJson,
      check(input) {
        const read = attempt(() => shaped(ReportSchema, parseJson(textOf(input)), 'a report'))
        if (read.refused !== null) return read.refused
        const shown = attempt(() => show(read.value))
        return shown.refused ?? 'shown'
      },
    }
  },
}

function show(report: Report): void {
  reportText(report, { columns: 80, colour: false })
  const page = reportHtml(report, { reportDigest: '0'.repeat(64), ledger: null, signer: { name: 'x', keyId: 'y' } })
  holds(!/<script|\son\w+=|javascript:/i.test(page.replaceAll(/&lt;/g, '')), 'a script got into the page')
}

function smaller(report: Uint8Array): Uint8Array {
  const whole = JSON.parse(textOf(report)) as Report
  const { findings, coverage } = whole.judgement
  const judgement = {
    ...whole.judgement,
    findings: findings.slice(0, 3),
    coverage: { ...coverage, instances: coverage.instances.slice(0, 2) },
  }
  return bytesOf(JSON.stringify({ ...whole, judgement }))
}
