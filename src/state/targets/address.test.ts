import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type TargetAddress, parseTarget } from './address.ts'
import { parseInventory } from './inventory.ts'
import { shellCommand } from './transport.ts'

const addressOf = (text: string): TargetAddress => parseTarget(text).address

test('a target is this machine, a host behind ssh, a container or a pod', () => {
  assert.deepEqual(addressOf('local'), { transport: 'local' })
  const ssh = (user: string | null, host: string, port: number | null): TargetAddress => ({ transport: 'ssh', user, host, port })
  assert.deepEqual(addressOf('web-1'), ssh(null, 'web-1', null))
  assert.deepEqual(addressOf('ops@web-1.example'), ssh('ops', 'web-1.example', null))
  assert.deepEqual(addressOf('ssh://ops@web-1:2222'), ssh('ops', 'web-1', 2222))
  assert.deepEqual(addressOf('ssh://ops@corp.example@web-1/'), ssh('ops@corp.example', 'web-1', null))
  assert.deepEqual(addressOf('[2001:db8::1]:22'), ssh(null, '2001:db8::1', 22))
  assert.deepEqual(addressOf('docker://shop_1'), { transport: 'docker', container: 'shop_1' })
  assert.deepEqual(addressOf('podman://shop'), { transport: 'podman', container: 'shop' })
  const pod = { transport: 'kubectl', context: null, namespace: 'shop', pod: 'payments-0', container: null } as const
  assert.deepEqual(addressOf('kubectl://shop/payments-0'), pod)
  assert.deepEqual(addressOf('kubectl://prod@shop/payments-0/app'), { ...pod, context: 'prod', container: 'app' })
})

test('what could be an option, a command or another path is no target', () => {
  const wrong = [
    '',
    '-oProxyCommand=x',
    'ssh://-x',
    'ssh://-l@web',
    'web 1',
    'web;id',
    'ssh://web:0',
    'ssh://web:99999',
    '$(id)',
    'a\nb',
    '[fe80::1;x]',
  ]
  const more = [
    'docker://',
    'docker://-x',
    'docker://a/b',
    'kubectl://a',
    'kubectl://a/b/c/d',
    'kubectl://a/-b',
    'kubectl://-c@a/b',
    'ftp://x',
    'LOCAL://x',
  ]
  for (const text of [...wrong, ...more]) assert.throws(() => parseTarget(text), { code: 'usage' }, text)
})

test('whatever is taken for a target, no word of its command but the host is chosen by it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
      let target
      try {
        target = parseTarget(`ssh://${text}`)
      } catch {
        return
      }
      const words = shellCommand(target, {}, null)
      const dashes = words.indexOf('--')
      assert.equal(words.length, dashes + 3)
      assert.equal(
        words.slice(dashes + 1, -1).some((word) => word.startsWith('-')),
        false,
      )
    }),
  )
})

test('an inventory names hosts, gives them names and sudo', () => {
  const text = '# production\nweb-1   # the first\nssh://ops@db:2222 name=database sudo\n\nkubectl://shop/pay/app name=pay\n'
  const [web, db, pay, ...more] = parseInventory(text, 'hosts')
  assert.deepEqual(more, [])
  assert.deepEqual([web?.id, web?.text, web?.sudo], [null, 'web-1', false])
  assert.deepEqual([db?.id, db?.sudo, db?.address.transport], ['database', true, 'ssh'])
  assert.equal(pay?.id, 'pay')
})

test('a line that cannot be read is refused with its number', () => {
  const refused = (text: string, why: RegExp): void =>
    assert.throws(() => parseInventory(text, 'hosts'), { code: 'usage', message: why })
  refused('web-1\nweb 2', /^hosts:2: "2" is neither/)
  refused('web-1\n-x', /^hosts:2: "-x" names no target/)
  refused('web-1\nweb-1', /^hosts:2: web-1 is there twice/)
  refused('a name=x\nb name=x', /^hosts:2: x is there twice/)
  refused(Array.from({ length: 10_001 }, (_, index) => `h${index}`).join('\n'), /more than 10000 targets/)
})

test('each transport has its command', () => {
  const command = (text: string, sudo = false, port: number | null = null): string =>
    shellCommand(parseTarget(text, { sudo }), {}, port).join(' ')
  assert.equal(command('local', true), 'sudo -n -H sh')
  assert.equal(command('docker://shop'), 'docker exec -i shop sh')
  assert.equal(command('podman://shop', true), 'podman exec -i -u 0 shop sh')
  assert.equal(command('kubectl://shop/pay'), 'kubectl exec -i -q -n shop pay -- sh')
  assert.equal(command('kubectl://c@shop/pay/app', true), 'kubectl --context=c exec -i -q -n shop pay -c app -- sudo -n -H sh')
  assert.match(command('ssh://ops@web:2222', true), /^ssh -T -a -x -o BatchMode=yes .* -p 2222 -l ops -- web exec sudo -n -H sh$/)
  assert.match(command('web', false, 4000), / -o ExitOnForwardFailure=yes .*-D 127\.0\.0\.1:4000 -- web exec sh$/)
  assert.doesNotMatch(command('web'), / -D /)
})
