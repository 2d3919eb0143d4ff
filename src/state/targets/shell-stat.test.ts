import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statOf } from './shell-stat.ts'

test('a line of stat: type and mode from the raw mode', () => {
  const told = (line: string) => {
    const found = statOf(line)
    return 'value' in found ? [found.value.type, found.value.mode.toString(8), found.value.size, found.value.mtime] : found.errno
  }
  assert.deepEqual(told('81ed 0 5 12 1700000000'), ['file', '755', 12, 1700000000])
  assert.deepEqual(told('43ff 0 0 4096 -1'), ['directory', '1777', 4096, -1])
  assert.deepEqual(told('a1ff 0 0 7 1'), ['symlink', '777', 7, 1])
  assert.deepEqual(told('21b6 0 0 0 1'), ['character-device', '666', 0, 1])
  assert.equal(told('nonsense'), 'EIO')
})

test('a line of ls, where there is no stat: setuid bits are in the letters, the time is not told', () => {
  const told = (line: string) => {
    const found = statOf(line)
    return 'value' in found
      ? [found.value.type, found.value.mode.toString(8), found.value.uid, found.value.gid, found.value.size, found.value.mtime]
      : found.errno
  }
  assert.deepEqual(told('-rwsr-x--T    1 0        5             1267 Nov 21 16:57 /x'), ['file', '5750', 0, 5, 1267, null])
  assert.deepEqual(told('drwxrwsrwt. 2 1000 1000 4096 Jan  1  2024 /a b'), ['directory', '3777', 1000, 1000, 4096, null])
  assert.deepEqual(told('crw-rw-rw- 1 0 0 1, 3 Jan 1 2024 /dev/null'), ['character-device', '666', 0, 0, 0, null])
  assert.equal(told('total 0'), 'EIO')
})
