import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RunproofError } from '../../../core/model/errors.ts'
import { readSettings, variableOf } from './settings.ts'
import { settingTable } from './table.ts'

const read = (text: string | null, env: Record<string, string> = {}) =>
  readSettings({ file: text === null ? null : { path: 'runproof.yaml', text }, env })

function mistakes(text: string | null, env: Record<string, string> = {}): string {
  try {
    read(text, env)
  } catch (error) {
    assert.ok(error instanceof RunproofError)
    assert.equal(error.code, 'settings.invalid')
    return error.message
  }
  return assert.fail('no mistake was found')
}

test('without anything every setting has its default, and nobody beyond this machine is listened to', () => {
  const { settings } = read(null)
  assert.equal(settings.listenHost, '127.0.0.1')
  assert.equal(settings.listenPort, 8642)
  assert.equal(settings.lateness, 7 * 86_400_000)
  assert.equal(settings.backlog, 2_000_000_000)
  assert.equal(settings.trustProxy, false)
  assert.equal(settings.oidcIssuer, null)
})

test('the environment wins over the file, the file over the default', () => {
  const { settings, listed } = read('listen:\n  port: 9000\n  host: 0.0.0.0\n', { RUNPROOF_LISTEN_PORT: '9001' })
  assert.equal(settings.listenPort, 9001)
  assert.equal(settings.listenHost, '0.0.0.0')
  assert.deepEqual(
    listed.filter(({ name }) => name.startsWith('listen.')).map(({ name, origin }) => `${name} ${origin}`),
    ['listen.host file', 'listen.port environment', 'listen.trustProxy default'],
  )
})

test('every mistake is named with its place and its fix', () => {
  const message = mistakes('listen:\n  port: many\n  hots: x\nwindows:\n  quiet: 1 minute\nfoo: 1\n', {
    RUNPROOF_LISTEN_PROT: '1',
    RUNPROOF_INGEST_BODY: 'big',
  })
  assert.match(message, /6 mistakes/)
  assert.match(message, /runproof\.yaml:2:9: listen\.port is "many"\. Fix: write a number from 0 to 65535/)
  assert.match(message, /runproof\.yaml:3:3: listen\.hots: there is no such setting.*\n.*did you mean listen\.host/)
  assert.match(message, /runproof\.yaml:5:10: windows\.quiet is "1 minute"/)
  assert.match(message, /runproof\.yaml:6:1: foo: there is no such setting/)
  assert.match(message, /RUNPROOF_LISTEN_PROT: there is no such setting\. Did you mean RUNPROOF_LISTEN_PORT/)
  assert.match(message, /RUNPROOF_INGEST_BODY: ingest\.body is "big"/)
})

test('groups map to roles, for one application or for all', () => {
  const { settings } = read('oidc:\n  groups:\n    - {group: sec, role: approver, application: shop}\n')
  assert.deepEqual(settings.oidcGroups, [{ group: 'sec', role: 'approver', application: 'shop', environment: '*' }])
  assert.match(mistakes('oidc:\n  groups: [{group: sec}]\n'), /oidc\.groups/)
})

test('the guide shows every setting with its variable, its default and what it means', () => {
  const guide = readFileSync(new URL('../../../docs/guides/settings.md', import.meta.url), 'utf8')
  for (const { path, help, fallback } of Object.values(settingTable)) {
    const shown = fallback === null ? 'not set' : typeof fallback === 'string' ? `\`${fallback}\`` : 'none'
    assert.ok(guide.includes(`| \`${path}\` | \`${variableOf(path)}\` | ${shown} | ${help} |`), path)
  }
})

test('a setting is named alike in file and environment', () => {
  assert.equal(variableOf('listen.trustProxy'), 'RUNPROOF_LISTEN_TRUST_PROXY')
})
