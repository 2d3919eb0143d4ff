import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Waiver } from '../../../core/model/waiver.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { bundleLimits } from '../../lib/io/bundle.ts'
import { unverifiedWaiver, waiverStateOf, type WaiverState } from '../../declare/waiver-state.ts'
import { readText } from '../../lib/io/read-text.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { loadManifest } from '../manifest/load.ts'
import { evaluationTime } from './list.ts'

const usage = 'runproof waiver show FILE [--bundle DIR [--at TIME]] [--json]'
const options = { bundle: { type: 'string' }, at: { type: 'string' }, json: { type: 'boolean' } } as const

/** What a waiver says; with --bundle also whether it counts there. 1: it is refused. */
export async function show(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [file = ''] = positional(positionals, ['FILE'], usage)
  const envelope = parseJson(await readText(resolve(io.cwd, file), bundleLimits.waiver, 'waiver.invalid'))
  const { waiver, keyId } = said(envelope, file)
  const at = evaluationTime(values.at, io)
  const checked =
    values.bundle === undefined
      ? null
      : await waiverStateOf({ source: file, envelope }, (await loadManifest(values.bundle, io)).manifest, at)

  if (values.json === true)
    io.out(
      JSON.stringify(
        { at, waiver, keyId, checked: checked && { state: checked.state, why: checked.why, signedBy: checked.signedBy } },
        null,
        2,
      ),
    )
  else for (const line of lines(waiver, keyId, checked)) io.out(visibleText(line))
  return checked?.state === 'refused' ? EXIT.fail : EXIT.ok
}

function said(envelope: unknown, file: string): ReturnType<typeof unverifiedWaiver> {
  try {
    return unverifiedWaiver(envelope)
  } catch (cause) {
    throw new RunproofError('waiver.invalid', `${file} is no waiver: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

function lines(waiver: Waiver, keyId: string, checked: WaiverState | null): readonly string[] {
  const { id, control, application, environment, scope, reason, compensatingControl, requestedBy, notBefore, expires } = waiver
  const state =
    checked === null ? `not checked (key ${keyId}); give --bundle DIR` : `${checked.state.replace('_', ' ')}: ${checked.why}`
  return [
    `waiver        ${id}`,
    `state         ${state}`,
    ...(checked?.signedBy ? [`signed by     ${checked.signedBy.name}, key ${checked.signedBy.keyId}`] : []),
    `control       ${control}, of ${application} in ${environment}`,
    ...Object.entries(scope).flatMap(([kind, patterns]) =>
      (patterns ?? []).map((pattern) => `covers        ${kind}: ${pattern}`),
    ),
    `holds         from ${notBefore} until ${expires}`,
    `requested by  ${requestedBy}`,
    `reason        ${reason}`,
    `instead       ${compensatingControl}`,
  ]
}
