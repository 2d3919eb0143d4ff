/** Random entries and the paths that could tell two readings of them apart: from a seed, the same every time. */
export type Random = (below: number) => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T

const NAMES = [
  'a',
  'b',
  'ab',
  'etc',
  'ssh',
  'sshd',
  'id',
  '.x',
  '..x',
  'é',
  '😀',
  '😁',
  'a b',
  '*',
  'key.pem',
  'ſ',
  '\u0141',
  '\u0241',
] as const
const PIECES = [
  'a',
  'b',
  'ab',
  'etc',
  'ssh',
  'é',
  '😀',
  '.',
  'x',
  '?',
  '*',
  '**',
  '[ab]',
  '[!a]',
  '[^a-c]',
  '[é-ü😀]',
  '[]a]',
  '[a-]',
  '\\*',
  '\\[',
  '{a,b}',
  '{,ssh}',
  '{a,{b,*}}',
] as const

/** An entry as somebody may write it; in `strict` some are refused, which the caller sees. */
export function randomEntry(random: Random, matching: 'strict' | 'compat'): string {
  if (random(12) === 0) return pick(random, ['*', '**', '/', '/*', '/**', '*.pem', 'key*', '?', '**/', 'a/', '/a/**/b', '/**/b/'])
  const segments = Array.from({ length: 1 + random(4) }, () => {
    if (random(5) === 0) return pick(random, ['*', '**', '?'])
    const pieces = Array.from({ length: 1 + random(3) }, () => pick(random, PIECES))
    return random(2) === 0 ? pick(random, NAMES).replaceAll('*', '\\*') : pieces.join('')
  })
  const body = segments.join('/')
  const start = random(6) === 0 ? (random(2) === 0 ? '**/' : '') : '/'
  const end = pick(random, ['', '', '', '/', '/*', '*', '/**'])
  return matching === 'compat' && random(4) === 0 ? body + end : start + body + end
}

/** Now a path made of the entry, now any. */
export function randomPath(random: Random, entries: readonly string[]): string {
  if (random(3) > 0 && entries.length > 0) return near(random, pick(random, entries))
  const path = Array.from({ length: random(5) }, () => pick(random, [...NAMES, '..', '.', ''])).join('/')
  return random(5) === 0 ? path : `/${path}`
}

/** The entry with each wildcard turned into something that it could stand for, and then perhaps a slip. */
function near(random: Random, entry: string): string {
  const name = (): string => pick(random, NAMES)
  const path = entry
    .replaceAll(/\{([^{},]*)[^{}]*\}/g, '$1')
    .replaceAll(/[{},]/g, '')
    .replaceAll(/\[[^\]]*\]+/g, () => pick(random, ['a', 'b', 'é', '😀', ']', '-', '/']))
    .replaceAll('**', () => pick(random, ['', name(), `${name()}/${name()}`]))
    .replaceAll('*', () => pick(random, ['', name(), name(), `${name()}/${name()}`]))
    .replaceAll('?', () => pick(random, ['a', 'é', '😀', '/', '']))
    .replaceAll('\\', '')
  switch (random(8)) {
    case 0:
      return `${path}/${name()}`
    case 1:
      return path.slice(0, random(path.length + 1))
    case 2:
      return `${path}${name()}`
    case 3:
      return path.replace('/', pick(random, ['//', '/./', `/${name()}/../`]))
    default:
      return path
  }
}

const HEADS = ['10.0.0.0', '10.0.1.0', '10.128.0.0', '192.168.1.7', '0.0.0.0', '255.255.255.255'] as const
const HEADS6 = [
  '2001:db8::',
  '2001:db8:1::',
  '::1',
  '::',
  'fe80::1',
  '::ffff:10.0.0.0',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
] as const

/** Entries with bits beyond their length are refused, which the caller sees. */
export function randomNetworkEntry(random: Random): string {
  const ports = pick(random, [
    '',
    '',
    ':443',
    ':*',
    ':80,443',
    ':1000-2000',
    `:${random(3000)}-${3000 + random(60_000)}`,
    `:${random(65_536)}`,
  ])
  switch (random(8)) {
    case 0:
      return `*${ports}`
    case 1:
      return `localhost${ports}`
    case 2:
    case 3:
      return `[${pick(random, HEADS6)}${pick(random, ['', '/128', '/64', '/48', '/104', '/0', '/96'])}]${ports}`
    default:
      return `${pick(random, HEADS)}${pick(random, ['', '/32', '/24', '/16', '/9', '/8', '/0'])}${ports}`
  }
}

export function randomAddress(random: Random): string {
  const hex = (): string => (random(4) === 0 ? random(65_536).toString(16) : pick(random, ['0', '1', 'db8', 'ffff']))
  switch (random(7)) {
    case 0:
      return pick(random, [...HEADS, ...HEADS6])
    case 1:
      return `2001:db8:${hex()}::${hex()}`
    case 2:
      return Array.from({ length: 8 }, hex).join(':')
    case 3:
      return `::ffff:10.${random(2)}.${random(2)}.${random(256)}`
    case 4:
      return pick(random, [
        '',
        'x',
        '1.2.3',
        '01.2.3.4',
        '1.2.3.4.5',
        ':::',
        '1::2::3',
        '::1%eth0',
        '256.1.1.1',
        '::1.2.3',
        '1:2:3:4:5:6:7::',
        '::2:3:4:5:6:7:8',
        '1:2:3:4:5:6:7:8:9',
        '2001:DB8::1',
        'g::',
        '12345::',
        '1:2:3:4:5:6:1.2.3.4',
        '::1.2.3.4:5',
        ':1',
        '1:',
      ])
    default:
      return `${pick(random, ['10', '10', '192', '127', '255', '0'])}.${pick(random, [0, 0, 128, 168, random(256)])}.${random(3)}.${pick(random, [0, 7, 255, random(256)])}`
  }
}
