// Tables of the kernel and of programs, read as bytes that anybody might have written.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { groupIdsOf, groupsOf, usersOf } from './accounts.ts'
import { goDuration } from './go-duration.ts'
import { absolute, foldersAbove } from './go-path.ts'
import { parseIfconfig, parseIpAddr } from './interfaces.ts'
import { parseIp, printIpv6 } from './ip.ts'
import { parseMounts } from './mounts.ts'
import { parseProcess } from './processes.ts'
import { parseSockets } from './sockets.ts'
import { parseSshd } from './sshd.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

test('sockets: addresses are words of a little-endian machine, IPv6 as Go prints it', () => {
  const tcp = `${HEAD}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1\n`
  assert.deepEqual(parseSockets(tcp, 'tcp'), [
    { protocol: 'tcp', address: '127.0.0.1', port: 8080, isListening: true, uid: 1000 },
    { protocol: 'tcp', address: '127.0.0.1', port: 8080, isListening: false, uid: 0 },
  ])
  const six = ['000000FD000000000000000002000000', '0000000000000000FFFF00000100007F', '00000000000000000000000000000000']
  const rows = six.map((address) => ` 0: ${address}:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1`).join('\n')
  assert.deepEqual(
    parseSockets(`${HEAD}${rows}`, 'tcp6').map(({ address }) => address),
    ['fd00::2', '127.0.0.1', '::'],
  )
})

test('sockets: a UDP socket needs no state; rows that are none are passed over', () => {
  const udp = `${HEAD} 0: 00000000:0044 00000000:0000 07 0:0 00:0 0 0 0 1 2\nnot a row\n 1: zz:0044 x\n\n`
  assert.deepEqual(parseSockets(udp, 'udp'), [{ protocol: 'udp', address: '0.0.0.0', port: 68, isListening: true, uid: 0 }])
})

test('IPv6 text: the first longest run of zeros is shortened, one group alone is not', () => {
  const shown = (text: string): string => printIpv6(parseIp(text) ?? new Uint8Array(16))
  assert.equal(shown('2001:db8:0:0:1:0:0:1'), '2001:db8::1:0:0:1')
  assert.equal(shown('1:0:2:3:4:5:6:7'), '1:0:2:3:4:5:6:7')
  assert.equal(shown('::ffff:192.0.2.1'), '192.0.2.1')
  for (const wrong of ['1:2', '::1::', 'fe80::1%eth0', '1.2.3', '1.2.3.256', '01.2.3.4', 'g::', ''])
    assert.equal(parseIp(wrong), null, wrong)
})

test('IPv6 text: printing and reading are inverse', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = printIpv6(bytes)
      const back = parseIp(text)
      assert.deepEqual(back?.length === 4 ? [...bytes.slice(12)] : [...bytes], [...(back ?? [])])
    }),
  )
})

test('mounts: the kernel escapes what divides, quotes keep commas together, options count once', () => {
  const table = String.raw`21 1 0:19 / /mnt/a\040b\134c rw,relatime,rw shared:1 - ext4 /dev/sd\011a rw,context="u:r:t:s0:c1,c2",size=1
22 1 0:20 / /proc rw - proc proc rw
broken line
`
  assert.deepEqual(parseMounts(table), [
    {
      mountpoint: String.raw`/mnt/a b\c`,
      options: ['rw', 'relatime'],
      superOptions: ['rw', 'context="u:r:t:s0:c1,c2"', 'size=1'],
      source: '/dev/sd\ta',
      filesystem: 'ext4',
    },
    { mountpoint: '/proc', options: ['rw'], superOptions: ['rw'], source: 'proc', filesystem: 'proc' },
  ])
})

test('processes: the name ends at the first bracket that closes, as in goss', () => {
  const raw = {
    pid: 7,
    stat: '7 (with(paren) x) S 1',
    status: 'Name:\tx\nUid:\t33\t0\t0\t0\n',
    commandLine: 'nginx\0-g\0daemon off;\0',
  }
  assert.deepEqual(parseProcess(raw), { pid: 7, comm: 'with(paren', uid: 33, commandLine: ['nginx', '-g', 'daemon off;'] })
  assert.deepEqual(parseProcess({ pid: 2, stat: '2 (kthreadd) S', status: '', commandLine: '' }).commandLine, [])
})

test('accounts: broken rows are passed over and groups of a user hold its first one', () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/bash\n# x\n+nis::::::\nshort:x:1\nbad:x:one:1::/:/bin/sh\n ops:x:1000:100::/home/ops:/bin/sh \n'
  assert.deepEqual(
    usersOf(passwd).map(({ name }) => name),
    ['root', 'ops'],
  )
  const groups = groupsOf('users:x:100:\nwheel:x:10:root,ops\nother:x:11:opsy\nbad:x:no:ops\n')
  const [, ops] = usersOf(passwd)
  assert.deepEqual(ops && [...groupIdsOf(ops, groups)], [100, 10])
})

test('interfaces: ip and ifconfig tell the same', () => {
  const ip = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::fc:ff:fe00:1/64 scope link \\       valid_lft forever
2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
3: ppp0    inet 10.0.0.1 peer 10.0.0.2/32 scope global ppp0
4: veth1@if5    inet 10.1.0.1/16 scope global veth1\n`
  assert.deepEqual(
    [...parseIpAddr(ip)],
    [
      ['lo', ['127.0.0.1/8']],
      ['eth0', ['192.0.2.2/24', 'fe80::fc:ff:fe00:1/64']],
      ['ppp0', ['10.0.0.1/32']],
      ['veth1', ['10.1.0.1/16']],
    ],
  )
  const busybox = `eth0      Link encap:Ethernet  HWaddr 02:FC:00:00:00:01
          inet addr:192.0.2.2  Bcast:192.0.2.255  Mask:255.255.255.0
          inet6 addr: fe80::fc:ff:fe00:1/64 Scope:Link
`
  assert.deepEqual([...parseIfconfig(busybox)], [['eth0', ['192.0.2.2/24', 'fe80::fc:ff:fe00:1/64']]])
  const netTools = `lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>
`
  assert.deepEqual([...parseIfconfig(netTools)], [['lo', ['127.0.0.1/8', '::1/128']]])
})

test('sshd -T: a keyword may come again and a value may be empty', () => {
  const printed = 'port 22\nPermitRootLogin no\nacceptenv LANG\nacceptenv LC_*\nbanner\n'
  assert.deepEqual(parseSshd(printed), { port: ['22'], permitrootlogin: ['no'], acceptenv: ['LANG', 'LC_*'], banner: [''] })
})

test('durations and paths are printed as Go prints them', () => {
  assert.deepEqual([0, 1, 200, 1000, 1500, 60_000, 90_500, 3_600_000].map(goDuration), [
    '0s',
    '1ms',
    '200ms',
    '1s',
    '1.5s',
    '1m0s',
    '1m30.5s',
    '1h0m0s',
  ])
  assert.equal(absolute('a/../b//./c/', '/x'), '/x/b/c')
  assert.equal(absolute('/../..', '/x'), '/')
  assert.deepEqual(foldersAbove('/a/b/c'), ['/', '/a', '/a/b'])
  assert.deepEqual(foldersAbove('/a'), ['/'])
})

test('no table makes a reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      parseSockets(text, 'tcp6')
      parseMounts(text)
      parseIpAddr(text)
      parseIfconfig(text)
      parseSshd(text)
      usersOf(text)
      groupsOf(text)
      parseProcess({ pid: 1, stat: text, status: text, commandLine: text })
    }),
  )
})
