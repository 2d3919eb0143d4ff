import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { openAccessLog } from '../access/access-log.ts'
import { ownersLink } from '../access/bootstrap.ts'
import { dataDir } from '../keys/data-dir.ts'
import { openKeys } from '../keys/keys.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { createFile } from '../lib/io/durable-file.ts'
import { accessStateOf } from '../store/state/access-state.ts'
import { openLedger } from '../store/ledger/ledger.ts'
import { positional, required } from './arguments.ts'
import { EXIT, type Io } from './command.ts'
import { commandOf } from './subcommands.ts'

const help = `runproof access: come in for the first time, or again

usage:
  runproof access link  --data DIR [--url URL] [--person ID]
  runproof access token LINK --name NAME --out FILE

  link   makes a link, good for one use within 30 minutes, for whoever holds the data folder: a new administrator, or with
         --person a way back in for a local person. Open it in a browser, or hand it to access token.
           --url URL    where people reach the service; default: http://127.0.0.1:8642
  token  turns a link into an API token for the command line, good for 30 days, in a file that only you can read
           --name NAME  who you are, as others will see it
           --out FILE   where the token goes; never over an existing file

Both take --json.

examples:
  runproof access link --data ./data
  runproof access token http://127.0.0.1:8642/login/link/rpe_… --name "Ada Berg" --out ~/runproof.token
  export RUNPROOF_TOKEN_FILE=~/runproof.token

exit codes: 0 done, 3 could not, 64 wrong usage`

export const access = commandOf(
  { name: 'access', summary: 'come in for the first time: a one-time link, and an API token from it', help },
  new Map([
    ['link', async () => link],
    ['token', async () => token],
  ]),
)

async function link(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, url: { type: 'string' }, person: { type: 'string' }, json: { type: 'boolean' } },
  })
  const data = dataDir({ flag: values.data, env: io.env, cwd: io.cwd })
  const keys = await openKeys({ dataDir: data, passphrase: readPassphrase(io.env, io.cwd) })
  const ledger = openLedger({ path: join(data, 'ledger.db'), logKey: await keys.log(), now: io.now })
  try {
    const state = accessStateOf(ledger.db)
    const log = openAccessLog({ db: ledger.db, rows: state, now: io.now, onFailure: () => {} })
    const made = ownersLink({ state, ledger, log, now: io.now }, values.url ?? 'http://127.0.0.1:8642', {
      madeBy: 'holder of the data folder',
      person: values.person ?? null,
    })
    log.close()
    io.out(values.json === true ? JSON.stringify(made) : `${made.url}\ngood for one use until ${made.expiresAt}`)
  } finally {
    ledger.close()
  }
  return EXIT.ok
}

async function token(argv: readonly string[], io: Io): Promise<number> {
  const usage = 'runproof access token LINK --name NAME --out FILE'
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { name: { type: 'string' }, out: { type: 'string' }, json: { type: 'boolean' } },
  })
  const [address = ''] = positional(positionals, ['LINK'], usage)
  const name = required(values.name, '--name', usage)
  const out = resolve(io.cwd, required(values.out, '--out', usage))
  // Looked at first: a link that was used up for a token which then cannot be kept would be lost.
  if (existsSync(out)) throw new RunproofError('usage', `${out} is there already, and is not written over`)
  if (!URL.canParse(address))
    throw new RunproofError('usage', `${JSON.stringify(address)} is no link; runproof access link makes one`)
  const url = new URL(address)
  const response = await fetch(new URL('/login/link', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: url.pathname.split('/').at(-1), name, as: 'token' }),
    redirect: 'error',
  }).catch((cause: unknown) => {
    throw new RunproofError('service.unreachable', `${url.origin} does not answer; is it running (runproof serve)?`, { cause })
  })
  const answer = (await response.json()) as { readonly token?: string; readonly expires_at?: string; readonly detail?: string }
  if (!response.ok || answer.token === undefined) {
    throw new RunproofError('access.unauthenticated', answer.detail ?? `the service answered ${response.status}`)
  }
  if (!createFile(out, `${answer.token}\n`, 0o600))
    throw new RunproofError('usage', `${out} is there already, and is not written over`)
  io.out(
    values.json === true
      ? JSON.stringify({ path: out, server: url.origin, expires_at: answer.expires_at })
      : `${out}: an API token of ${name} for ${url.origin}, until ${answer.expires_at}\nexport RUNPROOF_SERVER=${url.origin} RUNPROOF_TOKEN_FILE=${out}`,
  )
  return EXIT.ok
}
