import { randomBytes } from 'node:crypto'
import { chmodSync, rmSync, statSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import * as z from 'zod/mini'
import { RunproofError, type ErrorCode } from '../../../core/model/errors.ts'
import { readEnvelope, verifyEnvelope, type Envelope } from '../../../core/proof/dsse.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { modes, type Mode } from '../model.ts'
import { reasonOf } from '../probes/reason.ts'

export const MODE_PAYLOAD_TYPE = 'application/vnd.runproof.guard.mode.v1+json'

/** What a person signs to change a mode. `challenge` is the guard's own and good for once, so that nobody can say it again. */
export type ModeAsked = {
  readonly mode: Mode
  /** An entry of the policy; null: the whole. */
  readonly process: string | null
  readonly challenge: string
  readonly node: string
  readonly askedAt: string
}
/** A mode that was asked for by whoever holds the key. */
export type SignedMode = ModeAsked & { readonly keyId: string; readonly envelope: Envelope; readonly key: string }

export type ControlOptions = {
  readonly path: string
  readonly node: string
  /** Public keys (PEM) of those who may; null: whoever may use the socket, which is its owner and root. */
  readonly operators: readonly string[] | null
  readonly status: () => unknown
  /** Throws RunproofError for what cannot be. */
  readonly setMode: (asked: SignedMode) => Promise<void>
  readonly reload: () => Promise<unknown>
}

const MOST_BYTES = 64 * 1024
/** A status holds counts of every entry of the policy. */
const MOST_ANSWERED = 16 * 1024 * 1024
const MOST_CHALLENGES = 100

const Asked = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('status') }),
  z.strictObject({ ask: z.literal('challenge') }),
  z.strictObject({ ask: z.literal('reload') }),
  z.strictObject({ ask: z.literal('mode'), envelope: z.unknown(), key: z.string().check(z.maxLength(1000)) }),
])
const ModeSchema = z.strictObject({
  mode: z.enum(modes),
  process: z.nullable(z.string().check(z.minLength(1), z.maxLength(255))),
  challenge: z.string().check(z.maxLength(100)),
  node: z.string().check(z.maxLength(255)),
  askedAt: z.string().check(z.maxLength(40)),
})

/**
 * Listens on a Unix socket that only its owner may use: one JSON object a line is asked, one is answered.
 * @throws RunproofError `store.busy` when another guard listens there, `file.unwritable` when the socket cannot be made
 */
export async function listen(options: ControlOptions): Promise<() => Promise<void>> {
  await removeDead(options.path)
  const challenges = new Set<string>()
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    serve(socket, (line) => answerTo(line, options, challenges))
  })
  try {
    await listening(server, options.path)
    chmodSync(options.path, 0o600)
  } catch (cause) {
    throw new RunproofError('file.unwritable', `the control socket ${options.path} cannot be made: ${reasonOf(cause)}`, { cause })
  }
  return async () => {
    for (const socket of open) socket.destroy()
    await new Promise((closed) => server.close(closed))
    rmSync(options.path, { force: true })
  }
}

/** Asks a running guard. @throws RunproofError `service.unreachable`, or what the guard says */
export async function ask(path: string, asked: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const answer = parseJson(await exchange(path, JSON.stringify(asked))) as {
    readonly error?: { readonly code: ErrorCode; readonly message: string }
  }
  if (answer.error !== undefined) throw new RunproofError(answer.error.code, answer.error.message)
  return answer
}

async function answerTo(line: string, options: ControlOptions, challenges: Set<string>): Promise<unknown> {
  const read = Asked.safeParse(parseJson(line))
  if (!read.success) throw new RunproofError('request.invalid', 'it is asked for status, challenge, mode or reload')
  const asked = read.data
  switch (asked.ask) {
    case 'status':
      return { status: options.status() }
    case 'reload':
      return { reloaded: await options.reload() }
    case 'challenge':
      return { challenge: newChallenge(challenges), node: options.node }
    case 'mode': {
      const signed = await signedMode(readEnvelope(asked.envelope), asked.key, options)
      if (!challenges.delete(signed.challenge))
        throw new RunproofError('access.denied', 'the challenge is not one of ours, or was used already')
      await options.setMode(signed)
      return { mode: signed.mode, process: signed.process, keyId: signed.keyId }
    }
  }
}

async function signedMode(envelope: Envelope, key: string, { operators, node }: ControlOptions): Promise<SignedMode> {
  const spki = spkiFromPem(key)
  const keyId = keyHint(spki)
  const isKnown = operators === null || operators.some((pem) => keyHint(spkiFromPem(pem)) === keyId)
  if (!isKnown) throw new RunproofError('access.denied', `the key ${keyId} is not one of this guard’s operators`)
  const checked = await verifyEnvelope(envelope, [{ keyId, spki }], MODE_PAYLOAD_TYPE)
  if (!checked.ok) throw new RunproofError('signature.invalid', `the change of mode is not signed right: ${checked.why}`)
  const read = ModeSchema.safeParse(parseJson(new TextDecoder().decode(checked.payload)))
  if (!read.success) throw new RunproofError('request.invalid', 'what was signed is no change of mode')
  if (read.data.node !== node) throw new RunproofError('access.denied', `it was signed for ${read.data.node}, this is ${node}`)
  return { ...read.data, keyId, envelope, key }
}

function newChallenge(challenges: Set<string>): string {
  const challenge = randomBytes(24).toString('hex')
  challenges.add(challenge)
  const [oldest] = challenges
  if (challenges.size > MOST_CHALLENGES && oldest !== undefined) challenges.delete(oldest)
  return challenge
}

function serve(socket: Socket, answer: (line: string) => Promise<unknown>): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.setTimeout(10_000, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MOST_BYTES) return socket.destroy()
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      void answer(line)
        .catch((error: unknown) => ({ error: problemOf(error) }))
        .then((said) => socket.write(`${JSON.stringify(said)}\n`))
    }
  })
}

function problemOf(error: unknown): { readonly code: string; readonly message: string } {
  return error instanceof RunproofError
    ? { code: error.code, message: error.message }
    : { code: 'request.invalid', message: reasonOf(error) }
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new RunproofError('service.unreachable', `no guard answers at ${path}: ${why}; is it running with --control?`))
    const socket = createConnection(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(10_000, () => socket.destroy(new Error('it says nothing')))
    socket.on('connect', () => socket.write(`${line}\n`))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > MOST_ANSWERED) return socket.destroy(new Error('it says more than any guard does'))
      if (!text.includes('\n')) return
      resolve(text.slice(0, text.indexOf('\n')))
      socket.destroy()
    })
    socket.on('error', (error) => fail(reasonOf(error)))
    socket.on('close', () => fail('it closed without an answer'))
  })
}

/** A socket that nobody listens on is left by a guard that died; anything else in its place is not ours to remove. */
async function removeDead(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new RunproofError('file.unwritable', `${path} is there already, and no socket`)
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
  if (isAlive) throw new RunproofError('store.busy', `another guard listens at ${path}; choose another --control`)
  rmSync(path, { force: true })
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    // It is made within this call, for its owner alone from the first moment; nothing else is made with this mask.
    const mask = process.umask(0o177)
    server.listen(path)
    process.umask(mask)
  })
}
