import type { Answer } from '../../model/fact.ts'
import { textOf } from '../bytes.ts'
import { goError } from '../go-errors.ts'
import type { Host } from '../host.ts'
import { holdsCertificate } from './tls.ts'

/** Where the host that asks keeps what a request names: certificates, keys, the roots that it trusts. */
export type HostFiles = Pick<Host, 'readFile' | 'cwd'>

const PEM_LIMIT = 4 * 1024 * 1024

/** Where distributions keep their roots, in the order in which Go looks. */
const ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const

export async function readPem(host: HostFiles, path: string): Promise<Answer<string>> {
  const absolute = path.startsWith('/') ? path : `${host.cwd}/${path}`
  const read = await host.readFile(absolute, PEM_LIMIT)
  if ('errno' in read) return { error: goError('open', path, read.errno) }
  return read.value.cut ? { error: `read ${path}: more than ${PEM_LIMIT} bytes` } : { value: textOf(read.value) }
}

/** The roots of a `ca-file`, which replace the host's. */
export async function rootsOf(host: HostFiles, caFile: string): Promise<Answer<readonly string[]>> {
  if (caFile === '') return { value: await hostRoots(host) }
  const pem = await readPem(host, caFile)
  if ('error' in pem) return pem
  return holdsCertificate(pem.value) ? { value: [pem.value] } : { error: `Failed parse root certificate: ${caFile}` }
}

/** Those that the host's own programs trust; none: nothing is trusted. */
async function hostRoots(host: HostFiles): Promise<readonly string[]> {
  for (const path of ROOTS) {
    const pem = await readPem(host, path)
    if ('value' in pem) return [pem.value]
  }
  return []
}
