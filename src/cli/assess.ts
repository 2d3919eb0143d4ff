import { basename, join } from 'node:path'
import { readFileSync } from 'node:fs'
import { sealable } from '../../core/judge/rule-counts.ts'
import { manifestDigest, resolve } from '../../core/judge/resolve.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import type { WindowVerdict } from '../../core/model/judgement.ts'
import { TRUST_TYPE, type Trust } from '../../core/model/trust.ts'
import { openEvents, type ReadProgress } from '../collect/open.ts'
import { dataDir } from '../keys/data-dir.ts'
import { openKeys, type Keys, type SigningKey } from '../keys/keys.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { assure, close, take } from '../pipeline.ts'
import { reportText } from '../report/text.ts'
import type { Receipt } from '../shell.ts'
import { openReportKey } from '../service/report-key.ts'
import { openLedger, type Ledger } from '../store/ledger/ledger.ts'
import { trustedSigners } from '../store/ledger/signer-events.ts'
import { keptPacked } from './assess/kept-packed.ts'
import { localShell } from './assess/local-shell.ts'
import { assessOptions, type AssessOptions } from './assess/options.ts'
import { earlierReport } from './assess/previous.ts'
import { readPromised, type ReadPromise } from './assess/promised.ts'
import { chooseWindow, eventTaker } from './assess/read-events.ts'
import { writeOut, type Written } from './assess/write-out.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { shownPath } from './paths.ts'
import { createProgress, type Progress } from './progress.ts'

const help = `usage: runproof assess --bundle DIR --events FILE… [options]

Judges one window: reads sensor output, seals the evidence, decides every control of the bundle's signed manifest, signs
the report, logs it, and writes one audit file that anybody can verify offline.

  --bundle DIR       folder with manifest.yaml (signed), waivers/ and, if it brings its own rules, gate/
  --events FILE      sensor output: NDJSON, JSON, .gz, .zst, or - for standard input; repeat for more files
  --sensor NAME      falco, kubearmor, tetragon or tracee instead of telling them apart line by line
  --from T --to T    the window, UTC, like 2026-03-02T00:00:00Z; default: the manifest's window that holds the events
  --window EXPR      the same in words: {yesterday}, {today} or 2026-03-02 (the manifest's window of that day, UTC), ~1 (one window
                     before the one that holds the present), or 2026-03-02T00:00..2026-03-03T00:00
  --at T             evaluation time: waivers hold or have expired as of then; default: the window's end
  --previous FILE    audit file of an earlier report: one of the same window is replaced, an earlier one is followed
  --trust FILE       trust root to verify --previous with; default: this machine's own keys
  --out DIR          where to write; default: ./out
  --data DIR         keys and ledger; default: $RUNPROOF_HOME, else ~/.local/state/runproof
  --threads N        readers of one large file; default: one per processor, at most 4 (standard input: always 1)
  --unsigned         accept a manifest that nobody signed; the report will say so
  --json             print the outcome as one JSON object

exit codes: 0 pass, 1 fail, 2 review or inconclusive, 3 could not judge, 64 wrong usage

examples:
  runproof assess --bundle samples/payments/assurance --events samples/payments/events/falco.ndjson \\
    --events samples/payments/events/tetragon.ndjson --from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z
  runproof assess --bundle ./assurance --events falco.ndjson --window {yesterday}
  zcat falco.json.gz | runproof assess --bundle ./assurance --events - --from … --to … --json`

export const assess: Command = {
  name: 'assess',
  summary: 'judge one window from sensor output: signed report, evidence, one audit file',
  help,
  async run(argv, io) {
    const options = assessOptions(argv, io)
    const { receipt, written } = await assessWindow(options, io)
    const { verdict } = receipt.report.judgement
    io.out(
      options.json
        ? JSON.stringify(outcome(receipt, written))
        : reportText(receipt.report, { columns: io.columns, colour: io.colour }),
    )
    if (!options.json) for (const line of pointers(written, io)) io.out(line)
    return exitOf(verdict)
  },
}

/** 0 pass, 1 fail, 2 review or inconclusive. */
export function exitOf(verdict: WindowVerdict): number {
  if (verdict === 'pass') return EXIT.ok
  return verdict === 'fail' ? EXIT.fail : EXIT.review
}

/** The whole job: the same take, close, assure that a service runs, once. */
export async function assessWindow(
  options: AssessOptions,
  io: Io,
): Promise<{ readonly receipt: Receipt; readonly written: Written }> {
  const data = dataDir({ flag: options.data, env: io.env, cwd: io.cwd })
  const passphrase = readPassphrase(io.env)
  const keys = await openKeys({ dataDir: data, passphrase })
  const progress = createProgress(io)
  const ledger = openLedger({ path: join(data, 'ledger.db'), logKey: await keys.log(), now: io.now })
  try {
    const reportKey = await openReportKey({ data, passphrase, ledger })
    return await assessWith(options, { keys, reportKey, ledger }, progress, io)
  } finally {
    progress.done()
    ledger.close()
  }
}

async function assessWith(
  options: AssessOptions,
  { keys, reportKey, ledger }: { readonly keys: Keys; readonly reportKey: SigningKey; readonly ledger: Ledger },
  progress: Progress,
  io: Io,
): Promise<{ readonly receipt: Receipt; readonly written: Written }> {
  const owner = await keys.signer('owner')
  const promise = await readPromised(options.bundle, {
    unsigned: options.unsigned,
    owner: { name: owner.name, spki: owner.spki },
  })
  const resolved = resolve(promise.promised.manifest)
  const window = await chooseWindow(options, resolved, options.events, options.sensor, progress, io.now)
  const trust = trustOfRun(promise, reportKey, ledger)
  const { facts, previous } = await earlierReport(options.previous, options.previousTrust, trust, window)

  const scope = { window, cluster: resolved.scope.cluster, workloads: resolved.workloads }
  const taker = eventTaker(scope, await keys.redaction(), { threads: options.threads, redactor: promise.redactor })
  const intake = () => sealable(taker.fold.intake())
  const evaluatedAt = options.at ?? window.end
  const kept = keptPacked()
  const { keep } = kept
  const shell = localShell({ promise, take: taker.take, intake, keep, facts, previous, evaluatedAt, ledger, reportKey })

  for (const file of options.events) {
    const name = file === '-' ? 'standard input' : basename(file)
    const onProgress = (read: ReadProgress): void => progress.update(`reading ${name}: ${taker.count()} events`, read)
    const bytes = openEvents(file, { stdin: io.stdin, onProgress })
    await take({ source: file, sensor: options.sensor, bytes }, shell)
  }
  await taker.end()
  progress.update('sealing the evidence')
  const sealed = await close(window, shell)
  progress.update('judging')
  const receipt = await assure(sealed, shell)
  progress.update('writing')
  const log = { origin: ledger.origin, publicKey: ledger.publicKey, size: ledger.head().size }
  const evidence = kept.packed()
  const { quarantined } = taker
  const written = await writeOut(options.out, { receipt, evidence, trust, log, signer: reportKey, quarantined })
  return { receipt, written }
}

/** What this run itself vouches with. It shows that nothing was changed since; who made it must be known from elsewhere. */
function trustOfRun(
  { promised, ownerKey }: ReadPromise,
  reportKey: { readonly name: string; readonly pem: string },
  ledger: Ledger,
): Trust {
  const { manifest, gate, signedBy } = promised
  const shipped = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.lock.json', import.meta.url), 'utf8')) as {
    readonly plan: string
  }
  const gateDigest = sha256Hex(jcs(gate))
  return {
    type: TRUST_TYPE,
    source: {
      kind: 'run',
      note: 'written by the run that made the report; obtain signers, logs and owners from elsewhere before you rely on who they are',
    },
    signers: trustedSigners(ledger, [{ name: reportKey.name, key: reportKey.pem }]),
    logs: [{ origin: ledger.origin, vkey: ledger.vkey }],
    owners: ownerKey === null || signedBy === null ? [] : [{ name: signedBy.name, key: ownerKey }],
    approvers: (manifest.approvers ?? []).map(({ name, key }) => ({ name, key })),
    gates: [
      gateDigest === shipped.plan
        ? { name: 'Runproof default gate', digest: gateDigest }
        : { name: `gate of ${manifest.metadata.name}`, digest: gateDigest },
    ],
    manifests: [{ name: manifest.metadata.name, version: manifest.metadata.version, digest: manifestDigest(manifest) }],
  }
}

function outcome({ report, reportDigest, ledgerIndex }: Receipt, written: Written): object {
  const { verdict, verdictBeforeWaivers, reasons, controls, coverage, waivers } = report.judgement
  return {
    verdict,
    verdictBeforeWaivers,
    window: report.window,
    reasons: reasons.map(({ code, message }) => ({ code, message })),
    controls: controls.map(({ id, verdict, verdictBeforeWaivers, counts, reasons }) => ({
      id,
      verdict,
      verdictBeforeWaivers,
      ...counts,
      reasons: reasons.map(({ code, message }) => ({ code, message })),
    })),
    coverage: coverage.totals,
    blind: coverage.instances.map(({ sensor, node, runs }) => ({
      sensor,
      node,
      silent: runs.filter(({ state }) => state === 'silent').map(({ from, to, why }) => ({ from, to, why })),
    })),
    waivers: waivers.map(({ id, control, state, expires }) => ({ id, control, state, expires })),
    quarantine: report.quarantine,
    reportDigest,
    ledger: { ...report.ledger, index: ledgerIndex },
    files: written,
  }
}

function pointers(written: Written, io: Io): string[] {
  const shown = (path: string): string => shownPath(path, io)
  return [
    '',
    `audit file  ${shown(written.audit)}`,
    `page        ${shown(written.page)}`,
    `PDF         ${shown(written.pdf)}`,
    `check it    runproof verify ${shown(written.audit)} --trust ${shown(written.trust)}`,
  ]
}
