import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dataDir, dataDirPath } from './data-dir.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-data-'))
after(() => rmSync(scratch, { recursive: true }))

test('the flag comes first, then RUNPROOF_HOME, then the XDG state folder, then the home folder', () => {
  const env = { RUNPROOF_HOME: '/r', XDG_STATE_HOME: '/x' }
  assert.equal(dataDirPath({ flag: '/f', env }), '/f')
  assert.equal(dataDirPath({ flag: undefined, env }), '/r')
  assert.equal(dataDirPath({ flag: undefined, env: { XDG_STATE_HOME: '/x' } }), '/x/runproof')
  assert.equal(dataDirPath({ flag: undefined, env: {} }), join(homedir(), '.local/state/runproof'))
})

test('an empty variable counts as absent, a relative XDG folder is ignored', () => {
  const home = join(homedir(), '.local/state/runproof')
  assert.equal(dataDirPath({ flag: undefined, env: { RUNPROOF_HOME: '', XDG_STATE_HOME: '' } }), home)
  assert.equal(dataDirPath({ flag: undefined, env: { XDG_STATE_HOME: 'x' } }), home)
})

test('a relative flag starts from the given folder', () => {
  assert.equal(dataDirPath({ flag: 'd', env: {}, cwd: '/here' }), '/here/d')
})

test('the folder is made for its owner alone', () => {
  const path = dataDir({ flag: join(scratch, 'a', 'b'), env: {} })
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(dataDir({ flag: path, env: {} }), path)
})

test('a folder that cannot be made is refused', () => {
  writeFileSync(join(scratch, 'file'), '')
  assert.throws(() => dataDir({ flag: join(scratch, 'file', 'd'), env: {} }), { code: 'file.unreadable' })
})
