import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, utf8 } from './bytes.ts'
import { readTar, writeTar, type TarMembers } from './tar.ts'

const limits = { members: 100, memberBytes: 1_000_000, totalBytes: 2_000_000 }
const sample: TarMembers = new Map([
  ['report.json', utf8('{"a":1}')],
  ['decisions/0123.json', utf8('x'.repeat(512))],
  ['empty', new Uint8Array()],
])

describe('what is written can be read', () => {
  const part = fc.stringMatching(/^[a-zA-Z0-9_-]{1,60}$/)
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const tree = fc.dictionary(name, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 8 }).filter((members) => {
    const names = Object.keys(members)
    return !names.some((a) => names.some((b) => b.startsWith(`${a}/`)) || a.split('/').some((one) => one.length > 100))
  })

  test('any tree of files comes back, in the order of names', () => {
    fc.assert(
      fc.property(tree, (members) => {
        const wanted = new Map(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
        assert.deepEqual([...readTar(writeTar(wanted), limits)], [...wanted])
      }),
    )
  })

  test('the order of members does not change a byte', () => {
    assert.deepEqual(writeTar(new Map([...sample].reverse())), writeTar(sample))
  })

  test('any change of one header byte is noticed or harmless', () => {
    const archive = writeTar(sample)
    fc.assert(
      fc.property(fc.nat(511), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = archive.slice()
        changed[at] = (changed[at] ?? 0) ^ mask
        // The checksum field's own terminators are the only bytes that no check covers.
        if (at >= 154 && at < 156) return
        assert.throws(() => readTar(changed, limits), { name: 'RunproofError' })
      }),
    )
  })
})

describe('names', () => {
  const long = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(60)}`

  test('a name over 100 bytes splits at a slash', () => {
    assert.deepEqual([...readTar(writeTar(new Map([[long, utf8('x')]])), limits).keys()], [long])
  })

  test('a name that cannot be split is refused', () => {
    assert.throws(() => writeTar(new Map([['n'.repeat(101), utf8('x')]])), { code: 'format.too_large' })
    assert.throws(() => writeTar(new Map([[`${'p'.repeat(156)}/${'n'.repeat(99)}`, utf8('x')]])), { code: 'format.too_large' })
  })

  for (const bad of ['/etc/passwd', '../up', 'a/../b', './a', 'a//b', 'a/', '', 'a\\b', 'C:a', 'nul\0l', 'tab\t', 'é']) {
    test(`${JSON.stringify(bad)} is neither written nor read`, () => {
      assert.throws(() => writeTar(new Map([[bad, utf8('x')]])), { code: 'format.malformed' })
      assert.throws(() => readTar(archive(member({ name: bad })), limits), { code: 'format.malformed' })
    })
  }

  test('the same name twice is refused', () => {
    assert.throws(() => readTar(archive(member({ name: 'a' }), member({ name: 'a' })), limits), /a is there twice/)
  })

  test('a file that is also a folder is refused', () => {
    assert.throws(() => readTar(archive(member({ name: 'a/b' }), member({ name: 'a' })), limits), /both a file and a folder/)
  })

  test('bytes hidden behind the end of a name are refused', () => {
    assert.throws(() => readTar(archive(member({ name: 'a\0b' })), limits), /behind a name/)
  })

  test('prototype keys are names like any other', () => {
    const members = new Map([['__proto__', utf8('x')]])
    assert.deepEqual([...readTar(writeTar(members), limits)], [...members])
  })
})

describe('what is refused', () => {
  for (const [type, what] of [
    ['1', 'a hard link'],
    ['2', 'a symbolic link'],
    ['3', 'a device'],
    ['5', 'a folder'],
    ['x', 'a pax header'],
    ['L', 'a GNU long name'],
  ] as const) {
    test(what, () => {
      assert.throws(() => readTar(archive(member({ name: 'a', type })), limits), /no regular file/)
    })
  }

  test('a wrong checksum', () => {
    const bytes = archive(member({ name: 'a' }))
    bytes[0] = 0x62
    assert.throws(() => readTar(bytes, limits), /wrong checksum/)
  })

  test('a binary or negative size', () => {
    assert.throws(() => readTar(archive(member({ name: 'a', size: '\u0080\0\0\0\0\0\0\0\0\0\0' })), limits), {
      code: 'format.malformed',
    })
    assert.throws(() => readTar(archive(member({ name: 'a', size: '-0000000001\0' })), limits), /not octal/)
  })

  test('a member that is longer than the archive', () => {
    assert.throws(() => readTar(archive(member({ name: 'a', size: '00000004000\0' })), limits), /ends inside a/)
  })

  test('an archive that is cut anywhere', () => {
    const whole = writeTar(sample)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        assert.throws(() => readTar(whole.subarray(0, length), limits), { code: 'format.malformed' })
      }),
    )
  })

  test('anything behind the end', () => {
    const end = writeTar(sample)
    assert.throws(() => readTar(concatBytes(end, utf8('x')), limits), /behind its end/)
    assert.throws(() => readTar(concatBytes(end, end), limits), /behind its end/)
    assert.throws(() => readTar(concatBytes(end, new Uint8Array(100)), limits), /behind its end/)
    assert.doesNotThrow(() => readTar(concatBytes(end, new Uint8Array(8 * 512)), limits))
  })

  test('anything in the padding', () => {
    const bytes = writeTar(new Map([['a', utf8('x')]]))
    bytes[600] = 1
    assert.throws(() => readTar(bytes, limits), /bytes between/)
  })

  test('more than the limits allow', () => {
    const bytes = writeTar(sample)
    assert.throws(() => readTar(bytes, { ...limits, members: 2 }), { code: 'format.too_large' })
    assert.throws(() => readTar(bytes, { ...limits, memberBytes: 511 }), { code: 'format.too_large' })
    assert.throws(() => readTar(bytes, { ...limits, totalBytes: 518 }), { code: 'format.too_large' })
    assert.equal(readTar(bytes, { members: 3, memberBytes: 512, totalBytes: 519 }).size, 3)
  })
})

const tarMissing = spawnSync('tar', ['--version']).status === 0 ? false : 'the tar command is not here'

describe("the system's tar", { skip: tarMissing }, () => {
  test('unpacks what we write', () =>
    inFolder((folder) => {
      execFileSync('tar', ['-x', '-C', folder], { input: writeTar(sample) })
      for (const [name, content] of sample) assert.deepEqual(new Uint8Array(readFileSync(join(folder, name))), content)
      assert.equal(readdirSync(folder, { recursive: true }).length, 4)
      assert.equal(statSync(join(folder, 'empty')).mode & 0o777, 0o644)
    }))

  test('packs what we read', () =>
    inFolder((folder) => {
      for (const [name, content] of sample) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), content)
      }
      const packed = execFileSync('tar', ['--format=ustar', '-c', '-C', folder, ...sample.keys()])
      assert.deepEqual([...readTar(new Uint8Array(packed), limits)], [...sample])
      const gnu = execFileSync('tar', ['--format=gnu', '-c', '-C', folder, ...sample.keys()])
      assert.throws(() => readTar(new Uint8Array(gnu), limits), /--format=ustar/)
    }))
})

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-tar-'))
  try {
    work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A header made by hand, with a right checksum, for what our writer refuses to write. */
function member({ name, type = '0', size = '00000000000\0' }: { name: string; type?: string; size?: string }): Uint8Array {
  const header = new Uint8Array(512)
  header.set(utf8(name), 0)
  header.set(utf8(size), 124)
  header.set(utf8('        '), 148)
  header.set(utf8(type), 156)
  header.set(utf8('ustar\x0000'), 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.set(utf8(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

function archive(...members: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...members, new Uint8Array(1024))
}
