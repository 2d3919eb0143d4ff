import assert from 'node:assert/strict'
import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { X509Certificate } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Principal } from '../../../../core/model/access.ts'
import { authority, certificate, hasOpenssl, workload, type Issued } from '../fixtures/certificates.ts'
import { accesses, appOf, everywhere, personWith, type TestAccess } from '../fixtures/world.ts'
import { enrolWorkload } from '../../../access/sensors.ts'
import { trustBundles } from './bundles.ts'
import { parseSpiffeId } from '../../../access/spiffe-id.ts'
import { svidExtensions } from './x509-extensions.ts'
import { checkX509Svid } from './x509-svid.ts'

const access = accesses()
const id = 'spiffe://example.org/ns/prod/falco'
const scopes = [{ application: 'payments', environment: 'prod' }]
const skip = hasOpenssl ? false : 'openssl is not installed'

test('a SPIFFE ID of a workload has one spelling', () => {
  for (const good of [id, 'spiffe://example.org/a', 'spiffe://a-b_c.1/A.b-c_d/...']) assert.equal(parseSpiffeId(good)?.id, good)
  assert.deepEqual(parseSpiffeId(id), { id, trustDomain: 'example.org', path: '/ns/prod/falco' })
  for (const bad of [
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://example.org/a/',
    'spiffe://example.org//a',
    'spiffe://example.org/a/./b',
    'spiffe://example.org/a/../b',
    'spiffe://example.org/%61',
    'spiffe://Example.org/a',
    'spiffe://example.org:443/a',
    'spiffe://user@example.org/a',
    'spiffe:///a',
    'spiffe://example.org/a?b',
    'spiffe://example.org/a#b',
    'SPIFFE://example.org/a',
    'https://example.org/a',
    `${id}\n`,
    `spiffe://example.org/${'a'.repeat(2048)}`,
    '',
  ])
    assert.equal(parseSpiffeId(bad), null, bad)
})

type Signing = { readonly kid: string; readonly jwk: JWK; readonly key: CryptoKey; readonly alg: string }

async function signing(kid: string, alg = 'ES256'): Promise<Signing> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { kid, alg, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'jwt-svid' } }
}

function bundleFile(folder: string, keys: readonly object[], name = 'bundle.json'): string {
  const path = join(folder, name)
  writeFileSync(`${path}.new`, JSON.stringify({ keys, spiffe_sequence: 1, spiffe_refresh_hint: 300 }))
  renameSync(`${path}.new`, path)
  return path
}

function enrolled(own: TestAccess): string {
  return enrolWorkload(own.world, personWith(own, [everywhere('admin')]), { name: 'falco', kind: 'falco', scopes, spiffeId: id })
    .id
}

test('a JWT-SVID of our trust domain, for us, is the sensor that was enrolled; any other is refused', async () => {
  const [mine, rsa, foreign, wrongUse] = await Promise.all([signing('k1'), signing('k2', 'RS256'), signing('k1'), signing('k3')])
  const { folder } = access()
  const path = bundleFile(folder, [mine.jwk, rsa.jwk, { ...wrongUse.jwk, use: 'sig' }])
  const other = bundleFile(folder, [foreign.jwk], 'other.json')
  const bundles = [
    { trustDomain: 'example.org', path },
    { trustDomain: 'other.example', path: other },
  ]
  const own = access({ bundles, audiences: ['https://runproof.example'] })
  const sensor = enrolled(own)
  const app = await appOf(own)
  const ask = async (token: string) => app.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })
  const token = (claims: object = {}, header: object = {}, by: Signing = mine) => {
    const end = Math.floor(own.now() / 1000) + 300
    return new SignJWT({ sub: id, aud: ['https://runproof.example'], exp: end, ...claims })
      .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header })
      .sign(by.key)
  }
  const good = [await token(), await token({}, { typ: 'JWT' }), await token({}, { typ: 'JOSE' }), await token({}, {}, rsa)]
  for (const one of [...good, await token({ aud: ['x', 'https://runproof.example'] })]) {
    const answer = await ask(one)
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(answer.json<{ who: Principal }>().who.id, sensor)
  }
  const symmetric = (claims: object) =>
    new SignJWT({ sub: id, aud: 'https://runproof.example', ...claims }).setProtectedHeader({ alg: 'HS256', kid: 'k1' })
  const refused: Readonly<Record<string, string>> = {
    'another audience': await token({ aud: 'https://elsewhere.example' }),
    'no audience': await token({ aud: undefined }),
    'no end': await token({ exp: undefined }),
    over: await token({ exp: Math.floor(own.now() / 1000) - 1 }),
    'not yet': await token({ nbf: Math.floor(own.now() / 1000) + 100 }),
    'no path': await token({ sub: 'spiffe://example.org' }),
    'a step up': await token({ sub: 'spiffe://example.org/ns/../ns/prod/falco' }),
    'no subject': await token({ sub: undefined }),
    'an unknown domain': await token({ sub: 'spiffe://nowhere.example/a' }),
    'another domain’s key': await token({}, {}, foreign),
    'our key for another domain': await token({ sub: 'spiffe://other.example/ns/prod/falco' }),
    'a key that is not for this': await token({}, {}, wrongUse),
    'a workload that nobody enrolled': await token({ sub: 'spiffe://example.org/ns/prod/tetragon' }),
    'a header that points elsewhere': await token({}, { jku: 'https://evil.example/keys' }),
    'a header with its own key': await token({}, { jwk: foreign.jwk }),
    'another type': await token({}, { typ: 'at+jwt' }),
    'no algorithm': new UnsecuredJWT({ sub: id, aud: 'https://runproof.example', exp: 9_999_999_999 }).encode(),
    'a shared secret': await symmetric({ exp: 9_999_999_999 }).sign(Buffer.from(JSON.stringify(mine.jwk).padEnd(64))),
    'a changed subject': (await token()).replace(
      /\.[^.]+\./,
      `.${Buffer.from(JSON.stringify({ sub: id })).toString('base64url')}.`,
    ),
    nonsense: 'a.b.c',
    'far too long': await token({ filler: 'x'.repeat(10_000) }),
  }
  const words = new Set<string>()
  for (const [why, bad] of Object.entries(refused)) {
    const answer = await ask(bad)
    assert.equal(answer.statusCode, 401, why)
    words.add(answer.json<{ code: string }>().code)
    own.wait(3_000)
  }
  assert.deepEqual([...words], ['access.unauthenticated'])
  await app.close()
})

test('a bundle is read again when it changes, and a broken one leaves the last good one', async () => {
  const [first, second] = await Promise.all([signing('k1'), signing('k2')])
  const { folder } = access()
  const path = bundleFile(folder, [first.jwk])
  const own = access({ bundles: [{ trustDomain: 'example.org', path }], audiences: ['us'] })
  enrolled(own)
  const app = await appOf(own)
  const status = async ({ key, kid }: Signing) => {
    own.wait(2000)
    const end = Math.floor(own.now() / 1000) + 300
    const token = await new SignJWT({ sub: id, aud: 'us', exp: end }).setProtectedHeader({ alg: 'ES256', kid }).sign(key)
    return (await app.inject({ url: '/who', headers: { authorization: `Bearer ${token}` } })).statusCode
  }
  assert.deepEqual([await status(first), await status(second)], [200, 401])
  bundleFile(folder, [second.jwk])
  assert.deepEqual([await status(first), await status(second)], [401, 200])
  writeFileSync(path, '{"keys": [')
  assert.deepEqual([await status(first), await status(second)], [401, 200])
  assert.equal(own.problems.length, 1, 'reported once')
  bundleFile(folder, [first.jwk])
  assert.deepEqual([await status(first), await status(second)], [200, 401])
  await app.close()

  const options = { now: own.now, onProblem: () => undefined }
  for (const [name, content] of [
    ['a.json', '[]'],
    ['b.json', '{"keys":[{"use":"x509-svid","x5c":[]}]}'],
    ['c.json', '{"keys":[{"use":"x509-svid","x5c":["AAAA"]}]}'],
  ] as const) {
    writeFileSync(join(folder, name), content)
    assert.throws(() => trustBundles([{ trustDomain: 'example.org', path: join(folder, name) }], options), {
      code: 'settings.invalid',
    })
  }
  assert.throws(() => trustBundles([{ trustDomain: 'example.org', path: join(folder, 'none') }], options), {
    code: 'settings.invalid',
  })
  assert.throws(() => trustBundles([{ trustDomain: 'Example.org', path }], options), { code: 'settings.invalid' })
})

const x509Key = ({ cert }: Issued) => ({ use: 'x509-svid', kty: 'EC', x5c: [new X509Certificate(cert).raw.toString('base64')] })

test('an X.509-SVID over TLS is the sensor that was enrolled; any other certificate is refused', { skip }, async (t) => {
  const { folder } = access()
  const make = (name: string, by: Issued | null, extensions: readonly string[], days?: number) =>
    certificate(folder, { name, by, extensions, ...(days !== undefined && { days }) })
  const [ours, theirs, unknown] = ['ours', 'theirs', 'unknown'].map((name) => make(name, null, authority)) as [
    Issued,
    Issued,
    Issued,
  ]
  const between = make('between', ours, authority)
  const uri = `URI:${id}`
  const accepted: Readonly<Record<string, Issued>> = {
    plain: make('plain', ours, workload(uri)),
    'with a DNS name too': make('dns', ours, workload(uri, 'DNS:falco.example.org')),
  }
  const viaBetween = make('via', between, workload(uri))
  const noUsage = workload(uri).filter((line) => !line.startsWith('keyUsage'))
  const refused: Readonly<Record<string, Issued>> = {
    'two URIs': make('two', ours, workload(uri, 'URI:spiffe://example.org/ns/prod/tetragon')),
    'a DNS name alone': make('dnsonly', ours, workload('DNS:falco.example.org')),
    'no names': make('nonames', ours, workload()),
    'a root path': make('root', ours, workload('URI:spiffe://example.org')),
    'another scheme': make('scheme', ours, workload('URI:https://example.org/ns/prod/falco')),
    'a step up': make('up', ours, workload('URI:spiffe://example.org/a/../ns/prod/falco')),
    'a workload that nobody enrolled': make('stranger', ours, workload('URI:spiffe://example.org/ns/prod/x')),
    'an authority': make('authority', ours, [
      'basicConstraints = critical,CA:true',
      'keyUsage = critical,digitalSignature',
      `subjectAltName = ${uri}`,
    ]),
    'a key that signs certificates': make('signs', ours, [
      'basicConstraints = critical,CA:false',
      'keyUsage = critical,digitalSignature,keyCertSign',
      `subjectAltName = ${uri}`,
    ]),
    'a key without a use': make('nouse', ours, noUsage),
    'our name by another domain’s authority': make('cross', theirs, workload(uri)),
  }
  const path = bundleFile(folder, [x509Key(ours)])
  const other = bundleFile(folder, [x509Key(theirs)], 'other.json')
  const bundles = [
    { trustDomain: 'example.org', path },
    { trustDomain: 'other.example', path: other },
  ]
  const own = access({ bundles })
  const sensor = enrolled(own)
  const server = make('server', unknown, ['subjectAltName = IP:127.0.0.1'])
  const ask = await tlsService(t, own, server, unknown)
  for (const [what, issued] of Object.entries(accepted)) assert.equal((await ask(issued))?.id, sensor, what)
  const chained = { cert: `${viaBetween.cert}${between.cert}`, key: viaBetween.key }
  const alone = access({ bundles: bundles.slice(0, 1) })
  const same = enrolled(alone)
  const askAlone = await tlsService(t, alone, server, unknown)
  assert.equal((await askAlone(chained))?.id, same, 'an authority between comes with the certificate')
  assert.equal(await askAlone(viaBetween), null, 'a path with a gap is no path')
  assert.equal(await askAlone(refused['our name by another domain’s authority'] ?? null), null)
  assert.deepEqual(await askAlone(refused['two URIs'] ?? null), { refused: 'access.unauthenticated' })
  for (const [what, issued] of Object.entries(refused))
    assert.deepEqual(await ask(issued), { refused: 'access.unauthenticated' }, what)
  assert.equal(await ask(make('self', unknown, workload(uri))), null, 'no authority of ours: as if there were no certificate')
  assert.equal(await ask(viaBetween), null, 'a path with a gap is no path')
  assert.equal(await ask(null), null)
  own.world.log.flush()
  const reasons = own.world.state.accesses({ who: 'nobody', before: null, limit: 100 }).map(({ what }) => what)
  assert.ok(reasons.some((what) => what.includes('more than one URI')))
  assert.ok(reasons.some((what) => what.includes('no path to the trust domain')))

  const [leaf, via, middle] = [accepted['plain'], viaBetween, between].map((issued) => new X509Certificate(issued?.cert ?? ''))
  if (!leaf || !via || !middle) throw new Error('no certificate')
  const trusted = trustBundles(bundles, { now: own.now, onProblem: unexpected })
  assert.ok(checkX509Svid([leaf], trusted, own.now).ok)
  assert.ok(!checkX509Svid([leaf], trusted, () => own.now() + 5 * 86_400_000).ok, 'over')
  assert.ok(!checkX509Svid([leaf], trusted, () => own.now() - 5 * 86_400_000).ok, 'not yet')
  assert.ok(!checkX509Svid([], trusted, own.now).ok)
  assert.ok(checkX509Svid([via, middle], trusted, own.now).ok)
  assert.ok(!checkX509Svid([via], trusted, own.now).ok, 'two domains: a path that is not shown may be the other’s')
  assert.ok(!checkX509Svid([via, leaf], trusted, own.now).ok)
  const only = trustBundles(bundles.slice(0, 1), { now: own.now, onProblem: unexpected })
  assert.ok(!checkX509Svid([via], only, own.now).ok, 'the TLS layer was not given the authorities yet')
  only.authorities()
  assert.ok(checkX509Svid([via], only, own.now).ok)
  assert.ok(!checkX509Svid([via], only, () => own.now() + 5 * 86_400_000).ok, 'over')
  bundleFile(folder, [x509Key(theirs)])
  own.wait(2000)
  assert.ok(!checkX509Svid([via], only, own.now).ok, 'the TLS layer works with older authorities')
})

test('a certificate’s extensions are read from its bytes, and damage is a refusal', { skip }, () => {
  const { folder } = access()
  const ca = certificate(folder, { name: 'ca', by: null, extensions: authority })
  const made = certificate(folder, {
    name: 'leaf',
    by: ca,
    extensions: workload(`URI:${id}`, 'DNS:a.example', 'URI:spiffe://x/y'),
  })
  const der = new Uint8Array(new X509Certificate(made.cert).raw)
  assert.deepEqual(svidExtensions(der), {
    uris: [id, 'spiffe://x/y'],
    isAuthority: false,
    keyUsage: { digitalSignature: true, keyCertSign: false, crlSign: false },
  })
  const own = svidExtensions(new Uint8Array(new X509Certificate(ca.cert).raw))
  assert.deepEqual(own, { uris: [], isAuthority: true, keyUsage: { digitalSignature: false, keyCertSign: true, crlSign: true } })
  const outcomes = new Set<string>()
  for (let length = 0; length < der.length; length++) {
    assert.throws(() => svidExtensions(der.subarray(0, length)), { code: 'format.malformed' }, String(length))
  }
  for (let at = 0; at < der.length; at++) {
    const damaged = Uint8Array.from(der)
    damaged[at] = (damaged[at] ?? 0) ^ 0x40
    try {
      svidExtensions(damaged)
      outcomes.add('read')
    } catch (error) {
      outcomes.add((error as { code: string }).code)
    }
  }
  assert.deepEqual([...outcomes].sort(), ['format.malformed', 'read'])
  assert.throws(() => svidExtensions(new Uint8Array([...der, 0])), { code: 'format.malformed' })
})

/** A service over TLS that asks for certificates, and how to ask it who one is. */
async function tlsService(t: TestContext, own: TestAccess, server: Issued, serverAuthority: Issued) {
  const https = { cert: server.cert, key: server.key, ca: [...own.authorities()], requestCert: true, rejectUnauthorized: false }
  const app = Fastify({ https, forceCloseConnections: true })
  t.after(() => app.close())
  app.get('/who', async (request) =>
    own.authenticate(request).catch((error: unknown) => ({ refused: (error as { code: string }).code })),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const ask = (client: { readonly cert: string; readonly key: string } | null) =>
    new Promise<{ readonly id?: string; readonly refused?: string } | null>((done, fail) => {
      const options = {
        host: '127.0.0.1',
        port,
        path: '/who',
        ca: serverAuthority.cert,
        agent: false,
        ...(client && { cert: client.cert, key: client.key }),
      }
      const sent = request(options, (answer) => {
        let body = ''
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()))
        answer.on('end', () => done(body === '' ? null : (JSON.parse(body) as { id: string })))
      })
      sent.on('error', fail)
      sent.end()
    })
  return ask
}

function unexpected(error: unknown): never {
  throw error
}
