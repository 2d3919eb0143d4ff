import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portsOf, portsScript } from './process-ports.ts'

const printed = `total 0
lrwx------ 1 root root 64 Mar  1 12:00 3 -> socket:[101]
lrwx------ 1 root root 64 Mar  1 12:00 4 -> socket:[102]
lrwx------ 1 root root 64 Mar  1 12:00 5 -> socket:[103]
lrwx------ 1 root root 64 Mar  1 12:00 6 -> /dev/null
tcp   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
tcp    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1
tcp    1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 999 1
tcp    2: 0100007F:1F92 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 103 1
udp6   3: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 103 2
`

const answer = (text: string) => ({
  value: { exitStatus: 0, stdout: { text, size: text.length, cut: false }, stderr: { text: '', size: 0, cut: false } },
})

test('ports are those that listen, or are UDP, and are held by the processes', () => {
  assert.deepEqual(portsOf(answer(printed)), ['tcp:8080', 'udp6:53'])
  assert.deepEqual(portsOf(answer('')), [])
  assert.deepEqual(portsOf({ error: 'no shell' }), [])
  assert.match(portsScript([1, 22]).command, /^for p in 1 22; do /)
})
