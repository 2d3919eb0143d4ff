import { instantMs } from '../../../core/model/time.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { clientOf, jsonOf } from '../client.ts'
import { startServer } from '../server.ts'
import { makeWorld } from '../world.ts'
import { bombard, type Survived } from './bombard.ts'
import { operationsOf } from './operations.ts'

export type SiegeOptions = { readonly data: string; readonly requests: number; readonly seed: number }

/** Growth of the memory, in MB, that is no leak: what was collected is given back late, and the service's own caches fill. */
export const MOST_GROWTH = 96

/**
 * Starts the service on an empty folder and sends it what nobody should. All of it is by credentials that hold, too, so that what lies
 * behind the door is reached.
 */
export async function besiege({ data, requests, seed }: SiegeOptions): Promise<Survived> {
  const clock = { startedMs: Date.now(), baseMs: instantMs('2026-03-02T00:00:00Z'), speed: 1 }
  const world = await makeWorld(data, clock)
  const server = startServer({ data, clock, env: { RUNPROOF_LISTEN_TRUST_PROXY: 'true' } })
  try {
    const address = await server.address
    const client = clientOf(address, world.tokens.reader)
    const document = jsonOf(await client.ask('/openapi.json')) as JsonValue
    client.close()
    const known = { operations: operationsOf(document), tokens: Object.values(world.tokens) }
    const survived = await bombard({ port: Number(new URL(address).port), pid: server.pid, known, requests, seed })
    const code = await server.stop()
    const { warm, end } = survived.memory
    const wrong = [
      ...survived.wrong,
      ...server.complaints().map((line) => `in the log: ${line}`),
      ...(code === 0 ? [] : [`the service ended with ${code}: ${server.errors()}`]),
      ...(end - warm > MOST_GROWTH ? [`the memory grew from ${warm} MB to ${end} MB`] : []),
    ]
    return { ...survived, wrong }
  } finally {
    await server.kill()
  }
}
