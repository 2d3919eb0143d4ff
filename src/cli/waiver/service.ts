import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadSigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { decisionWords } from '../../review/words.ts'
import { positional, required } from '../arguments.ts'
import { readAsked, type Asked } from '../case/checked.ts'
import { askFor } from '../case/decide.ts'
import { runAction } from '../client/action-command.ts'
import { connect, connectionOptions } from '../client/connection.ts'
import { EXIT, type Io } from '../command.ts'
import * as waivers from '../../actions/waivers.ts'
import type { AnyAction } from '../../actions/registry.ts'

/** Asks a service for an exception. */
export function propose(argv: readonly string[], io: Io): Promise<number> {
  return runAction(waivers.propose as unknown as AnyAction, argv, io)
}

/** The waivers that a service has. */
export function held(argv: readonly string[], io: Io): Promise<number> {
  return runAction(waivers.list as unknown as AnyAction, argv, io)
}

const usage = 'runproof waiver revoke DIGEST --reason TEXT --key FILE'
const options = { ...connectionOptions, reason: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } } as const

/** Takes a waiver of a service back, by a signed statement. */
export async function revoke(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [digest = ''] = positional(positionals, ['DIGEST'], usage)
  const reason = required(values.reason, '--reason', usage)
  const path = resolve(io.cwd, required(values.key, '--key', usage))
  const service = connect(values, io)
  const place = `/api/v1/waivers/${encodeURIComponent(digest)}`
  const asked = await askFor<Asked>(service, 'POST', `${place}/draft`, { reason })
  const { payload, decision } = readAsked(asked, { kind: 'revocation', reason })
  const print = values.json === true ? io.err : io.out
  for (const line of decisionWords(decision, null)) print(visibleText(line))
  const key = await loadSigningKey(path, readPassphrase(io.env, io.cwd))
  const revoked = await askFor<{ readonly ledger_index: number }>(service, 'POST', `${place}/revoke`, {
    envelope: await signEnvelope(key, asked.payload_type, payload),
  })
  io.out(values.json === true ? JSON.stringify(revoked) : `taken back, ledger entry ${revoked.ledger_index}`)
  return EXIT.ok
}
