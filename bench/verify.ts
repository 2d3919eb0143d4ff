import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../src/cli/run.ts'
import { readAuditFile } from '../src/lib/io/audit-file.ts'
import { readTrust, verifyAudit } from '../verify/src/index.ts'
import { median, rounded, timed, type Bench, type BenchOptions, type Result } from './bench.ts'
import { eventBytes, hours } from './events/stream.ts'
import { manifest } from './subject.ts'

/** An audit file that `assess` made, read from disk and checked, the replay included. */
export const verifyBench: Bench = {
  name: 'verify',
  figures: { ms_100000: 'audit file of 100,000 findings: every check and the replay' },
  run: measure,
}

async function measure({ quick, scale }: BenchOptions): Promise<Result> {
  // Linear in the findings.
  const share = quick ? 0.05 : 1
  const findings = Math.max(20, Math.round(100_000 * share * scale))
  const rounds = 3
  const folder = mkdtempSync(join(tmpdir(), 'runproof-bench-'))
  try {
    const { audit, trust } = await assessed(folder, findings)
    const times: number[] = []
    let found = 0
    for (let round = 0; round < rounds; round++) {
      const { ms, value } = await timed(async () => {
        return verifyAudit(await readAuditFile(audit), readTrust(readFileSync(trust, 'utf8')))
      })
      if (!value.ok) throw new Error(value.checks.find(({ ok }) => !ok)?.why)
      found = value.report.judgement.findings.length
      times.push(ms)
    }
    return {
      figures: { ms_100000: rounded(median(times) / share) },
      note: `median of ${rounds} over ${found} findings${share < 1 ? `, times ${1 / share}` : ''}`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One act per behaviour, all of them findings, through the command line. */
async function assessed(folder: string, findings: number): Promise<{ readonly audit: string; readonly trust: string }> {
  mkdirSync(join(folder, 'assurance'))
  writeFileSync(join(folder, 'assurance', 'manifest.yaml'), JSON.stringify(manifest))
  const events = join(folder, 'falco.ndjson')
  const stream = { lines: findings, sensors: ['falco'], freshEvery: 1, behaviours: findings }
  writeFileSync(events, '')
  for (const bytes of eventBytes(stream)) writeFileSync(events, bytes, { flag: 'a' })
  const out: string[] = []
  const argv = ['assess', '--bundle', 'assurance', '--events', events, '--from', hours.from, '--to', hours.to]
  const code = await runCommandLine(
    [...argv, '--unsigned', '--json', '--data', join(folder, 'data'), '--out', join(folder, 'out')],
    {
      out: (text) => out.push(text),
      err: (text) => out.push(text),
      interactive: false,
      columns: 100,
      colour: false,
      stdin: () => {
        throw new Error('nothing is read from standard input')
      },
      cwd: folder,
      env: {},
      now: Date.now,
    },
  )
  if (code > 2) throw new Error(`assess ended with ${code}: ${out.join('\n')}`)
  return (JSON.parse(out.join('')) as { readonly files: { readonly audit: string; readonly trust: string } }).files
}
