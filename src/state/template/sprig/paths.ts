import { posix } from 'node:path'
import { isGoMap, type GoMap, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, type TemplateFunction } from '../functions.ts'
import { quoted } from '../quote.ts'
import { asText, kindOf } from './cast.ts'

export const pathFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ...both('base', base),
  ...both('dir', (path) => clean(path.slice(0, path.lastIndexOf('/') + 1))),
  ...both('clean', clean),
  ...both('ext', (path) => /\.[^./]*$/.exec(path)?.[0] ?? ''),
  ...both('isAbs', (path) => path.startsWith('/')),
  ['urlParse', fixed('string', ([text]) => parseUrl(asText(text)))],
  ['urlJoin', fixed('map', ([parts]) => joinUrl(parts as GoMap))],
]

/** sprig has each twice, for paths of URLs and of files: the same thing on the hosts that we look at. */
function both(name: string, call: (path: string) => GoValue): readonly (readonly [string, TemplateFunction])[] {
  const called = fixed('string', ([path]) => call(asText(path)))
  return [
    [name, called],
    [`os${name[0]?.toUpperCase()}${name.slice(1)}`, called],
  ]
}

function base(path: string): string {
  if (path === '') return '.'
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end)
}

function clean(path: string): string {
  if (path === '') return '.'
  const normal = posix.normalize(path)
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal
}

const parts = ['scheme', 'userinfo', 'host', 'hostname', 'path', 'query', 'opaque', 'fragment'] as const

/** As Go's `net/url` takes a URL apart; nothing is resolved or corrected. */
function parseUrl(text: string): GoMap {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new CallError(`unable to parse url: parse ${quoted(text)}: net/url: invalid control character in URL`)
  const [, before = '', fragment = ''] = /^([^#]*)(?:#(.*))?$/s.exec(text) ?? []
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(before)?.[1] ?? ''
  if (scheme === '' && before.startsWith(':'))
    throw new CallError(`unable to parse url: parse ${quoted(text)}: missing protocol scheme`)
  const rest = scheme === '' ? before : before.slice(scheme.length + 1)
  const [, main = '', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(rest) ?? []
  const isOpaque = scheme !== '' && !main.startsWith('/')
  const [, authority = '', path = ''] = isOpaque ? [] : (/^(?:\/\/([^/]*))?(.*)$/s.exec(main) ?? [])
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const found: Record<(typeof parts)[number], string> = {
    scheme: scheme.toLowerCase(),
    userinfo: at === -1 ? '' : authority.slice(0, at),
    host,
    hostname: /^\[(.*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, ''),
    path: unescaped(path, text),
    query,
    opaque: isOpaque ? main : '',
    fragment: unescaped(fragment, text),
  }
  return new Map(parts.map((name) => [name, found[name]]))
}

function unescaped(text: string, url: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)
  if (bad !== null) throw new CallError(`unable to parse url: parse ${quoted(url)}: invalid URL escape ${quoted(bad[0])}`)
  return Buffer.from(
    text.replaceAll(/%[0-9a-fA-F]{2}|[^%]/gsu, (piece) =>
      piece.startsWith('%') ? String.fromCharCode(Number.parseInt(piece.slice(1), 16)) : Buffer.from(piece).toString('latin1'),
    ),
    'latin1',
  ).toString()
}

function joinUrl(map: GoMap): string {
  if (!isGoMap(map)) throw new CallError('wrong type for value')
  const part = (name: (typeof parts)[number]): string => {
    const value = map.get(name) ?? ''
    if (typeof value === 'string') return value
    throw new CallError(`unable to parse ${name} key, must be of type string, but ${kindOf(value)} found`)
  }
  const scheme = part('scheme') === '' ? '' : `${part('scheme')}:`
  const query = part('query') === '' ? '' : `?${part('query')}`
  const fragment = part('fragment') === '' ? '' : `#${escaped(part('fragment'))}`
  if (part('opaque') !== '') return `${scheme}${part('opaque')}${query}${fragment}`
  const user = part('userinfo') === '' ? '' : `${part('userinfo')}@`
  const hasAuthority = part('host') !== '' || user !== '' || (scheme !== '' && part('path').startsWith('//'))
  const path = escaped(part('path'))
  const slash = hasAuthority && path !== '' && !path.startsWith('/') ? '/' : ''
  return `${scheme}${hasAuthority ? `//${user}${part('host')}` : ''}${slash}${path}${query}${fragment}`
}

/** What Go leaves as it is in a path: letters, digits, `-_.~$&+,/:;=@` and `!'()*`. */
function escaped(text: string): string {
  return encodeURI(text).replaceAll(/[?#[\]]/g, (character) => encodeURIComponent(character))
}
