import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { utf8 } from '../../../core/proof/bytes.ts'
import { ask, MODE_PAYLOAD_TYPE, type ModeAsked } from '../../guard/run/control.ts'
import { dataDir } from '../../keys/data-dir.ts'
import { loadSigningKey, openKeys, type SigningKey } from '../../keys/keys.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { positional } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { modeNamed } from './policy.ts'
import { socketOf } from './socket.ts'

const usage = 'runproof guard mode audit|alert|enforce --control SOCKET [--process NAME] [--key FILE] [--data DIR] [--json]'
const options = {
  control: { type: 'string' },
  process: { type: 'string' },
  key: { type: 'string' },
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Changes the mode of a running guard: signed by whoever asks, in force when this ends, and recorded by the guard. */
export async function guardMode(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [word = ''] = positional(positionals, ['audit|alert|enforce'], usage)
  const [mode, socket] = [modeNamed(word), socketOf(values.control, usage, io)]
  const key = await keyOf(values, io)
  const { challenge, node } = (await ask(socket, { ask: 'challenge' })) as { readonly challenge: string; readonly node: string }
  const asked: ModeAsked = { mode, process: values.process ?? null, challenge, node, askedAt: new Date(io.now()).toISOString() }
  const envelope = await signEnvelope(key, MODE_PAYLOAD_TYPE, utf8(JSON.stringify(asked)))
  const done = await ask(socket, { ask: 'mode', envelope, key: key.pem })
  const whose = values.process ?? 'the whole policy'
  io.out(values.json === true ? JSON.stringify(done) : `${node}: ${whose} is in mode ${mode}; signed by ${key.keyId}`)
  return EXIT.ok
}

/** The key of `--key`, else the owner's in the data folder, made on first use. */
async function keyOf(values: { readonly key?: string; readonly data?: string }, io: Io): Promise<SigningKey> {
  const passphrase = readPassphrase(io.env, io.cwd)
  if (values.key !== undefined) return loadSigningKey(resolve(io.cwd, values.key), passphrase)
  const keys = await openKeys({ dataDir: dataDir({ flag: values.data, env: io.env, cwd: io.cwd }), passphrase })
  return keys.signer('owner')
}
