import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { manifestDigest, resolve, workloadKey, type Resolved } from '../../../core/judge/resolve.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { bundleFiles, bundleLimits } from '../../lib/io/bundle.ts'
import { checkManifestSignature } from '../../declare/statements.ts'
import { readText } from '../../lib/io/read-text.ts'
import { EXIT, type Io } from '../command.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { table } from '../table.ts'
import { positional } from '../arguments.ts'
import { loadManifest } from './load.ts'
import { ownersFor } from './owners.ts'

const usage = 'runproof manifest show [DIR|FILE] [--key FILE] [--trust FILE] [--data DIR] [--json]'
const options = {
  key: { type: 'string' },
  trust: { type: 'string' },
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** What is known of the signature; `unchecked`: there is no key to check it with. */
type Signature = {
  readonly state: 'none' | 'holds' | 'does_not_hold' | 'unchecked'
  readonly words: string
  readonly keyId: string | null
}

/** 0, or 1 when there is a signature and it does not hold. */
export async function show(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [target = '.'] = positional(positionals, ['DIR'], usage, '.')
  const { dir, manifest } = await loadManifest(target, io)
  const signature = await signatureOf(manifest, dir, values, io)
  const resolved = resolve(manifest)

  if (values.json === true) io.out(JSON.stringify(summary(manifest, resolved, signature), null, 2))
  else for (const line of lines(manifest, resolved, signature)) io.out(visibleText(line))
  return signature.state === 'does_not_hold' ? EXIT.fail : EXIT.ok
}

async function signatureOf(manifest: Manifest, dir: string, values: Parameters<typeof ownersFor>[2], io: Io): Promise<Signature> {
  const path = join(dir, bundleFiles.signature)
  if (!existsSync(path)) return { state: 'none', words: 'nobody signed it; runproof manifest sign', keyId: null }
  const { keys, from } = await ownersFor(dir, manifest.metadata.owner, values, io)
  if (keys.length === 0)
    return {
      state: 'unchecked',
      words: 'there is one, and no key to check it with; give --trust FILE or --key FILE',
      keyId: null,
    }
  const check = await checkManifestSignature(manifest, await envelopeIn(path), keys)
  if (!check.ok) return { state: 'does_not_hold', words: `does not hold: ${check.why}; checked with ${from}`, keyId: null }
  const { name, keyId } = check.signedBy
  return { state: 'holds', words: `holds: by ${name}, key ${keyId}; checked with ${from}`, keyId }
}

/** Text that is no JSON goes on as it is, and is refused as no envelope. */
async function envelopeIn(path: string): Promise<unknown> {
  const text = await readText(path, bundleLimits.signature, 'bundle.unreadable')
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

function summary(
  manifest: Manifest,
  { scope, window, workloads, sensors, controls, approvers }: Resolved,
  signature: Signature,
): unknown {
  return {
    ...manifest.metadata,
    digest: manifestDigest(manifest),
    signature,
    scope,
    window,
    workloads: workloads.map((workload) => ({ key: workloadKey(workload), ...workload })),
    sensors,
    controls: controls.map(({ evidence, frameworks, ...control }) => ({
      ...control,
      evidence: Object.fromEntries(evidence),
      frameworks: Object.fromEntries(frameworks),
    })),
    approvers: approvers.map(({ name, key, roles }) => ({ name, keyId: keyHint(spkiFromPem(key)), roles })),
  }
}

function lines(manifest: Manifest, resolved: Resolved, signature: Signature): readonly string[] {
  const { name, version, owner, description } = manifest.metadata
  const { scope, window, workloads, sensors, controls, approvers, unmapped, blind } = resolved
  const people = approvers.map((approver) => [approver.name, keyHint(spkiFromPem(approver.key)), approver.roles.join(', ')])
  return [
    `${name} ${version}, owned by ${owner}`,
    ...(description === undefined ? [] : [description.trim()]),
    `digest     sha256:${manifestDigest(manifest)}`,
    `signature  ${signature.words}`,
    `scope      ${scope.application} in ${scope.environment}${scope.cluster === null ? '' : `, cluster ${scope.cluster}`}`,
    `window     every ${window.every}, offset ${window.offset}, waits ${window.grace} for late events`,
    `otherwise  unmapped findings from ${unmapped.severity} on: ${unmapped.verdict}; a blind control: ${blind}`,
    '',
    ...table(
      ['workload', 'class', 'nodes'],
      workloads.map((workload) => [workloadKey(workload), workload.class, workload.nodes?.join(', ') ?? 'any']),
    ),
    '',
    ...table(
      ['sensor', 'sign of life', 'may lose', 'must watch', 'nodes'],
      sensors.map(({ name, liveness, intervalMs, maxDropRate, minCoverage, nodes }) => {
        return [
          name,
          `${liveness} every ${intervalMs / 1000} s`,
          String(maxDropRate),
          String(minCoverage),
          nodes?.join(', ') ?? 'not named',
        ]
      }),
    ),
    '',
    ...table(
      ['control', 'behaviour', 'stage', 'sensors', 'workloads', 'title'],
      controls.map(({ id, behaviour, stage, sensors, workloads, title }) => [
        id,
        behaviour,
        stage,
        sensors.join(', '),
        String(workloads.length),
        title,
      ]),
    ),
    '',
    ...(people.length === 0 ? ['approvers  none: no waiver counts'] : table(['approver', 'key', 'roles'], people)),
  ]
}
