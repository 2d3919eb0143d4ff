import { BlockList, isIP } from 'node:net'
import { canonicalAddress, compileBlocks } from '../../../core/patterns/address.ts'
import { compilePatterns } from '../../../core/patterns/glob.ts'
import { mutateBytes } from '../mutate.ts'
import { attempt, bytesOf, holds, textOf, type Target } from '../target.ts'

const patterns = [
  '/usr/bin/*',
  '/usr/**',
  '**/bash',
  '{/bin,/usr/bin}/{ba,z}sh',
  'a\\*b',
  '/lib/python3.?/*',
  '*a*a*a*b',
  '{a,b}{c,d}{e,{f,g}}',
  'café/*',
  '{}',
  '{,}',
  '***',
  '/**/x/**/y',
]
const addresses = [
  '10.0.0.0/8',
  '192.168.1.7',
  '2001:db8::/32',
  '::ffff:10.1.2.3',
  '::1',
  '::',
  '0.0.0.0/0',
  'fe80::1:2:3:4',
  '1:0:0:2::3/64',
  '::ffff:0:0/96',
  '255.255.255.255/32',
]

/** Lines: a text, then patterns. Both kinds of them: paths and names. */
export const globTarget: Target = {
  name: 'glob',
  quick: 800,
  prepare: () => ({
    seeds: patterns.flatMap((pattern, i) => [
      bytesOf(`/usr/bin/bash\n${pattern}`),
      bytesOf(`aaaa/b\n${pattern}\n${patterns[i - 1] ?? ''}`),
    ]),
    mutate: mutateBytes,
    check(input) {
      const [text = '', ...lines] = textOf(input.subarray(0, 20_000)).split('\n')
      const compiled = attempt(() => compilePatterns(lines))
      if (compiled.refused !== null) return compiled.refused
      const isFound = compiled.value(text)
      holds(!isFound || compilePatterns(lines, { separator: null })(text), 'a name pattern matches less than a path pattern')
      const escaped = text.replaceAll(/[\\*?{},]/gu, (character) => `\\${character}`)
      holds(compilePatterns([escaped])(text), 'the escaped text does not match itself')
      return isFound ? 'matches' : 'does not'
    },
  }),
}

/** Lines: an address, then blocks. Node's own list must agree. */
export const addressTarget: Target = {
  name: 'address',
  quick: 1200,
  prepare: () => ({
    seeds: addresses
      .map((block) => bytesOf(`10.1.2.3\n${block}`))
      .concat(addresses.map((block) => bytesOf(`${block.split('/')[0]}\n${block}`))),
    mutate: mutateBytes,
    check(input) {
      const [text = '', ...lines] = textOf(input).split('\n')
      const address = canonicalAddress(text)
      // A zone names an interface of one machine, not an address.
      holds(
        (address !== null) === (isIP(text) !== 0 && !text.includes('%')),
        `node and we disagree whether ${JSON.stringify(text)} is an address`,
      )
      if (address !== null) holds(canonicalAddress(address) === address, 'the shortest form has a shorter one')
      const compiled = attempt(() => compileBlocks(lines))
      if (compiled.refused !== null) return compiled.refused
      const isFound = compiled.value(text)
      if (address === null) {
        holds(!isFound, 'what is no address lies in a block')
        return 'no address'
      }
      holds(isFound === isInNode(address, lines), 'node and we disagree whether the address lies in the blocks')
      return isFound ? 'inside' : 'outside'
    },
  }),
}

function isInNode(address: string, blocks: readonly string[]): boolean {
  return blocks.some((block) => {
    const [text = '', length] = block.split('/')
    const base = canonicalAddress(text) ?? ''
    const isMapped = text.includes(':') && isIP(base) === 4
    if (isIP(base) !== isIP(address)) return false
    const list = new BlockList()
    const bits = isIP(base) === 4 ? 32 : 128
    const prefix = length === undefined ? bits : Number(length) - (isMapped ? 96 : 0)
    list.addSubnet(base, prefix, bits === 32 ? 'ipv4' : 'ipv6')
    return list.check(address, bits === 32 ? 'ipv4' : 'ipv6')
  })
}
