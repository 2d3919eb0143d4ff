import { createCipheriv, generateKeyPairSync, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { CallError } from '../fault.ts'
import { fixed, type Surroundings, type TemplateFunction, type TemplateValue } from '../functions.ts'
import { limits } from '../limits.ts'
import { asCount, asText } from './cast.ts'
import type { GoValue } from '../../model/value.ts'

/**
 * Functions that do not depend on their arguments alone: chance and the environment. They run only where that is allowed, because a suite
 * that differs from run to run proves nothing.
 */
export const impureFunctions: readonly (readonly [string, TemplateFunction])[] = [
  allowed('env', 'string', ([name], { env }) => valueIn(env, asText(name))),
  allowed('expandenv', 'string', ([text], { env }) =>
    asText(text).replaceAll(/\$(?:\{([^}]*)\}|(\w+))/g, (_, a?: string, b?: string) => valueIn(env, a ?? b ?? '')),
  ),
  allowed('randAlphaNum', 'int', ([count]) => random(asCount(count), `${letters}${digits}`)),
  allowed('randAlpha', 'int', ([count]) => random(asCount(count), letters)),
  allowed('randNumeric', 'int', ([count]) => random(asCount(count), digits)),
  allowed('randAscii', 'int', ([count]) => random(asCount(count), ascii)),
  allowed('randBytes', 'int', ([count]) => randomBytes(checked(asCount(count))).toString('base64')),
  allowed('randInt', 'int int', ([least, below]) => randomWhole(asCount(least), asCount(below))),
  allowed('shuffle', 'string', ([text]) => shuffled(asText(text))),
  allowed('uuidv4', '', () => randomUUID()),
  allowed('genPrivateKey', 'string', ([kind]) => privateKey(asText(kind))),
  allowed('encryptAES', 'string string', ([password, text]) => encrypt(asText(password), asText(text))),
  ...['bcrypt', 'htpasswd', 'derivePassword', 'getHostByName', 'buildCustomCert', 'genCA', 'genCAWithKey'].map(absent),
  ...['genSelfSignedCert', 'genSelfSignedCertWithKey', 'genSignedCert', 'genSignedCertWithKey'].map(absent),
]

/** Whether a function may answer differently from run to run. @throws CallError where it may not */
export function takeLeave(name: string, { allowImpure, onImpure }: Surroundings): void {
  if (!allowImpure) {
    throw new CallError(`${name} answers differently from run to run or host to host; allow such functions to use it`)
  }
  // What the environment says is an input like any other.
  if (name !== 'env' && name !== 'expandenv') onImpure?.(name)
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const ascii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('')

function allowed(
  name: string,
  params: string,
  call: (args: readonly GoValue[], world: Surroundings) => TemplateValue,
): readonly [string, TemplateFunction] {
  return [
    name,
    fixed(params, (args, world) => {
      takeLeave(name, world)
      return call(args, world)
    }),
  ]
}

/** Known by name, so that a template that never calls it can be read; what it would do has no place in a check. */
function absent(name: string): readonly [string, TemplateFunction] {
  const call = (): never => {
    throw new CallError(`${name} is not available here: a gossfile's template makes no passwords, certificates or look-ups`)
  }
  return [name, { params: [], rest: 'any', call }]
}

function valueIn(env: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(env, name) ? (env[name] ?? '') : ''
}

function checked(count: number): number {
  if (count < 0 || count > limits.listLength) throw new CallError(`${count} characters are not to be had`)
  return count
}

function random(count: number, alphabet: string): string {
  return Array.from({ length: checked(count) }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function randomWhole(least: number, below: number): bigint {
  if (below <= least) throw new CallError('invalid argument to Intn')
  return BigInt(least + randomInt(Math.min(below - least, 2 ** 47)))
}

function shuffled(text: string): string {
  const characters = Array.from(text)
  for (let at = characters.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1)
    const [a = '', b = ''] = [characters[at], characters[other]]
    characters[at] = b
    characters[other] = a
  }
  return characters.join('')
}

function privateKey(kind: string): string {
  const pem = { type: 'pkcs1', format: 'pem' } as const
  if (kind === '' || kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey.export(pem).toString()
  if (kind === 'ecdsa') {
    return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }).toString()
  }
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return `Unknown type ${kind}`
}

function encrypt(password: string, text: string): string {
  const key = Buffer.alloc(32)
  Buffer.from(password).copy(key, 0, 0, 32)
  const start = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', key, start)
  return Buffer.concat([start, cipher.update(text), cipher.final()]).toString('base64')
}
