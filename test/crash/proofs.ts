import type { Trust } from '../../core/model/trust.ts'
import { readTar } from '../../core/proof/tar.ts'
import { readTrust, verifyAudit } from '../../verify/src/index.ts'
import type { Client } from './client.ts'

const limits = { members: 100, memberBytes: 1e9, totalBytes: 1e9 }

/** Asks for the audit file of every report and checks it as a stranger does, with nothing but the file and the trust roots. */
export async function brokenProofs(client: Client, reports: Iterable<string>): Promise<readonly string[]> {
  const broken: string[] = []
  const trust = readTrust((await client.ask('/api/v1/trust')).body.toString())
  const waiting = [...reports].values()
  const line = async (): Promise<void> => {
    for (const digest of waiting) broken.push(...(await brokenIn(client, digest, trust)))
  }
  // While the service makes one, another is checked.
  await Promise.all([line(), line(), line()])
  return broken
}

async function brokenIn(client: Client, digest: string, trust: Trust): Promise<readonly string[]> {
  const name = `report ${digest.slice(0, 12)}`
  const { status, body } = await client.ask(`/api/v1/runtime/assurance/report?digest=${digest}&format=audit`)
  if (status !== 200) return [`${name} was answered ${status}: ${body.toString().slice(0, 300)}`]
  const { checks } = await verifyAudit(new Map(readTar(body, limits)), trust)
  return checks.filter(({ ok }) => !ok).map((check) => `${name}: ${check.name}: ${check.why}`)
}
