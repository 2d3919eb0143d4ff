import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Run } from '../machine.ts'
import type { Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { parse } from './certificates.ts'
import { lookup } from '../value.ts'

/** Made with openssl for this test: a key of Ed25519, several names, a usage that nobody knows. */
const PEM = `-----BEGIN CERTIFICATE-----
MIICKTCCAdugAwIBAgICEjQwBQYDK2VwMFUxCzAJBgNVBAYTAkRFMRAwDgYDVQQK
DAdFeGFtcGxlMQwwCgYDVQQLDANvbmUxDDAKBgNVBAsMA3R3bzEYMBYGA1UEAwwP
c2VydmljZS5leGFtcGxlMCAXDTI2MTEyMTE0NDgxM1oYDzIxMjYxMDI4MTQ0ODEz
WjBVMQswCQYDVQQGEwJERTEQMA4GA1UECgwHRXhhbXBsZTEMMAoGA1UECwwDb25l
MQwwCgYDVQQLDAN0d28xGDAWBgNVBAMMD3NlcnZpY2UuZXhhbXBsZTAqMAUGAytl
cAMhAFUJ/RpjKfV2g3awSSUaJyBzospd8AS2SrvQM34emuiMo4HMMIHJMB0GA1Ud
DgQWBBSkukWustd+DUAflxDTSvzYlETefjAfBgNVHSMEGDAWgBSkukWustd+DUAf
lxDTSvzYlETefjAPBgNVHRMBAf8EBTADAQH/MEwGA1UdEQRFMEOCD3NlcnZpY2Uu
ZXhhbXBsZYcECgAAAYcQAAAAAAAAAAAAAAAAAAAAAYYYc3BpZmZlOi8vZXhhbXBs
ZS9zZXJ2aWNlMA4GA1UdDwEB/wQEAwIHgDAYBgNVHSUEETAPBggrBgEFBQcDAQYD
KgMEMAUGAytlcANBAMVNV7PoCw6pgYoMQrdnd/bxyUNDMj9dTv6Lg3BWFES0Q2it
hsbqXu3eIjEqfKArXaoahZjXb5+e+k6crrK5hAI=
-----END CERTIFICATE-----
`
const base64 = PEM.replaceAll(/-----.*-----|\n/g, '')
const parsed = (text: string): readonly Value[] => parse([text], new Run(1_000_000)) as readonly Value[]

test('the fields of a certificate are told as Go names and numbers them', () => {
  const [certificate = null] = parsed(PEM)
  const field = (name: string): unknown => lookup(certificate, name)
  assert.equal(field('SerialNumber'), 4660)
  assert.equal(field('Version'), 3)
  assert.deepEqual([field('PublicKeyAlgorithm'), field('SignatureAlgorithm'), field('KeyUsage')], [4, 16, 1])
  assert.deepEqual([field('ExtKeyUsage'), field('UnknownExtKeyUsage')], [[1], [[1, 2, 3, 4]]])
  assert.deepEqual(field('DNSNames'), ['service.example'])
  assert.deepEqual(field('IPAddresses'), ['10.0.0.1', '::1'])
  assert.deepEqual(field('URIStrings'), ['spiffe://example/service'])
  assert.equal(field('EmailAddresses'), null)
  assert.equal(field('Raw'), base64)
  const subject = field('Subject') as Value
  assert.deepEqual([lookup(subject, 'CommonName'), lookup(subject, 'OrganizationalUnit')], ['service.example', ['one', 'two']])
  assert.match(String(field('NotBefore')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('base64 of PEM and of DER, and several in a row, are the same certificates', () => {
  assert.deepEqual(parsed(base64), parsed(PEM))
  assert.deepEqual(parsed(Buffer.from(PEM).toString('base64')), parsed(PEM))
  assert.equal(parsed(PEM + PEM).length, 2)
})

test('what is no certificate is an error, and a damaged one is refused', () => {
  assert.throws(() => parsed('no base64!'), BuiltinError)
  assert.throws(() => parsed(PEM.replaceAll('CERTIFICATE', 'PUBLIC KEY')), BuiltinError)
  const der = Buffer.from(base64, 'base64')
  for (const damaged of [der.subarray(0, -1), Buffer.concat([der, Buffer.of(0)]), der.subarray(0, 4)]) {
    assert.throws(() => parsed(damaged.toString('base64')), Unsupported)
  }
  assert.throws(() => parsed(`x${PEM}`), BuiltinError)
  assert.throws(() => parsed(`${PEM}-----BEGIN CERTIFICATE-----\n`), Unsupported)
})
