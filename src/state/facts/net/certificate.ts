import type { X509Certificate } from 'node:crypto'
import type { AnswerOf, CertificateFact, QueryOf } from '../../model/fact.ts'
import { parseIp } from '../ip.ts'
import { splitHostPort } from './address.ts'
import { type HostFiles, readPem, rootsOf } from './files.ts'
import { certificateProblem, certificatesIn, overTls } from './tls.ts'
import { type Wire, WireError } from './wire.ts'

/** What a TLS server presents. The chain is verified with the host's roots or `caFile`; that it is not is an answer, not an error. */
export async function askServerCertificate(
  wire: Wire,
  files: HostFiles,
  ask: QueryOf<'certificate'>,
): Promise<AnswerOf<'certificate'>> {
  const target = splitHostPort(ask.address ?? '')
  if (target === null) return { error: `certificate: ${ask.address ?? ''} is not host:port` }
  const roots = await rootsOf(files, ask.caFile ?? '')
  if ('error' in roots) return roots
  const { timeoutMs, serverName } = ask
  try {
    const raw = await wire.dial({ ...target, family: 0, localAddress: null, timeoutMs })
    const socket = await overTls(raw, { ...target, serverName, roots: roots.value, allowInsecure: true, timeoutMs })
    socket.on('error', () => {})
    const certificate = socket.getPeerX509Certificate()
    const problem: unknown = socket.authorizationError
    const protocol = socket.getProtocol() ?? ''
    socket.destroy()
    raw.destroy()
    if (certificate === undefined) return { error: `certificate: ${ask.address} presented none` }
    return {
      value: factOf(
        certificate,
        protocol,
        problem === null || problem === undefined ? null : certificateProblem(wordOf(problem)),
      ),
    }
  } catch (error) {
    if (error instanceof WireError) return { error: error.message }
    throw error
  }
}

function wordOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}

/** The first certificate of a PEM file; those behind it complete its chain. `now` judges validity. */
export async function askCertificateFile(
  files: HostFiles,
  ask: QueryOf<'certificate'>,
  now: Date,
): Promise<AnswerOf<'certificate'>> {
  const path = ask.path ?? ''
  const [pem, roots] = await Promise.all([readPem(files, path), rootsOf(files, ask.caFile ?? '')])
  if ('error' in pem) return pem
  if ('error' in roots) return roots
  const [leaf, ...rest] = certificatesIn(pem.value)
  if (leaf === undefined) return { error: `certificate: ${path} holds no certificate in PEM form` }
  return { value: certificateFact({ leaf, rest, roots: roots.value.flatMap(certificatesIn), now, protocol: '', name: null }) }
}

/** A certificate judged here: its chain by `roots` at `now`, and its names where it has to have one. */
export function certificateFact(presented: {
  readonly leaf: X509Certificate
  readonly rest: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
  readonly now: Date
  readonly protocol: string
  readonly name: string | null
}): CertificateFact {
  const { leaf, rest, roots, now, protocol, name } = presented
  const problem = chainProblem(leaf, rest, roots, now)
  return factOf(leaf, protocol, problem ?? (name === null ? null : nameProblem(leaf, name)))
}

function nameProblem(certificate: X509Certificate, name: string): string | null {
  const isNamed = parseIp(name) === null ? certificate.checkHost(name, { subject: 'never' }) : certificate.checkIP(name)
  return isNamed === undefined ? certificateProblem('ERR_TLS_CERT_ALTNAME_INVALID') : null
}

function factOf(certificate: X509Certificate, protocol: string, chainError: string | null): CertificateFact {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate.subjectAltName ?? ''),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    serial: certificate.serialNumber.toLowerCase(),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    protocol,
    chainError,
  }
}

/** `C=SE, O=Example, CN=shop.example`, in the certificate's order. */
function nameOf(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .join(', ')
}

/** Host names and addresses; the other kinds name no server. */
function namesOf(alternatives: string): readonly string[] {
  return alternatives.split(', ').flatMap((each) => /^(?:DNS|IP Address):(.*)$/.exec(each)?.[1] ?? [])
}

const MAX_CHAIN = 10

/** Null: signatures lead from the certificate to a root, each of them valid now. */
function chainProblem(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): string | null {
  let current = leaf
  for (let length = 0; length < MAX_CHAIN; length++) {
    if (now < current.validFromDate || now > current.validToDate) return certificateProblem('CERT_HAS_EXPIRED')
    if (roots.some(({ fingerprint256 }) => fingerprint256 === current.fingerprint256)) return null
    const isIssuer = (each: X509Certificate): boolean =>
      each.fingerprint256 !== current.fingerprint256 && current.checkIssued(each) && current.verify(each.publicKey)
    const issuer = roots.find(isIssuer) ?? intermediates.find((each) => each.ca && isIssuer(each))
    if (issuer === undefined) return certificateProblem('UNABLE_TO_GET_ISSUER_CERT')
    current = issuer
  }
  return 'x509: chain too long'
}
