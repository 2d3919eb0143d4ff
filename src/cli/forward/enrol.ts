import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { createClient } from '../../collect/forward/client.ts'
import { enrol } from '../../collect/forward/enrol.ts'
import { readText } from '../../lib/io/read-text.ts'
import { required } from '../arguments.ts'
import { EXIT, type Io } from '../command.ts'
import { keepIdentity, ownKey, readIdentity } from './identity.ts'
import { clientOptions, connectionOptions, sensorNamed } from './options.ts'

const usage = 'runproof forward enrol --server URL --token-file FILE --name NAME --sensor S --state DIR'
const options = {
  ...connectionOptions,
  'token-file': { type: 'string' },
  name: { type: 'string' },
  sensor: { type: 'string' },
  state: { type: 'string' },
} as const

/** Makes the key, enrols it with the one-time token, keeps what the service gave. */
export async function enrolForwarder(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options })
  const server = required(values.server ?? io.env['RUNPROOF_SERVER'], '--server', usage)
  const folder = resolve(io.cwd, required(values.state, '--state', usage))
  const name = required(values.name, '--name', usage)
  const kind = sensorNamed(required(values.sensor, '--sensor', usage))
  const tokenFile = resolve(io.cwd, required(values['token-file'], '--token-file', usage))
  const client = createClient(clientOptions(values, server, io))
  try {
    const known = readIdentity(folder)
    if (known !== null) {
      const why = `${folder} is enrolled already, as ${known.name} (${known.id}) at ${known.server}`
      throw new RunproofError('usage', `${why}; choose another --state`)
    }
    const token = (await readText(tokenFile, 4096)).trim()
    const { spki, pem, sign } = ownKey(folder)
    const { id, secret } = await enrol(client, { token, name, kind, spki, pem, sign })
    keepIdentity(folder, { id, secret, server, name, sensor: kind })
    io.out(`enrolled ${name} as sensor ${id}; key and secret lie in ${folder}, readable by this user alone`)
    return EXIT.ok
  } finally {
    client.close()
  }
}
