import type { JsonObject } from '../connector.ts'
import { integerOf, listOf, objectOf, portOf, textOf } from '../fields.ts'

/** The arguments of a hook, as far as an act can be read from them. */
export type Args = {
  /** First file, path or program argument. */
  readonly file: string | null
  /** First text argument: a path for system calls, a name for others. */
  readonly text: string | null
  /** Whole numbers after the first file or text argument, in order. */
  readonly flags: readonly number[]
  readonly socket: Socket | null
  readonly capability: string | null
}

export type Socket = {
  readonly localAddress: string | null
  readonly localPort: number | null
  readonly remoteAddress: string | null
  readonly remotePort: number | null
  readonly protocol: string | null
  /** Of a UNIX socket. */
  readonly path: string | null
}

const MAX_ARGS = 32
const fileArgs = ['file_arg', 'path_arg', 'linux_binprm_arg'] as const

/** Reads the `args` of a kprobe, tracepoint or LSM event; unknown kinds of arguments are passed over. */
export function argsOf(event: JsonObject): Args {
  let file: string | null = null
  let text: string | null = null
  let socket: Socket | null = null
  let named: Socket | null = null
  let capability: string | null = null
  const flags: number[] = []
  for (const item of listOf(event['args']).slice(0, MAX_ARGS)) {
    const arg = objectOf(item)
    if (arg === null) continue
    file ??= fileOf(arg)
    text ??= textOf(arg['string_arg'])
    socket ??= socketOf(arg)
    named ??= namedSocketOf(arg)
    capability ??= capabilityOf(arg)
    const flag = integerOf(arg['int_arg'] ?? arg['uint_arg'] ?? arg['size_arg'] ?? arg['long_arg'])
    if (flag !== null && (file !== null || text !== null)) flags.push(flag)
  }
  // What the caller asked for says more than the socket, which may not be connected or bound yet.
  return { file, text, flags, socket: named === null ? socket : { ...named, protocol: socket?.protocol ?? null }, capability }
}

/** The first argument that is a file, as the event writes it. */
function fileOf(arg: JsonObject): string | null {
  for (const name of fileArgs) {
    const path = textOf(objectOf(arg[name])?.['path'])
    if (path !== null) return path
  }
  return null
}

function socketOf(arg: JsonObject): Socket | null {
  const sock = objectOf(arg['sock_arg']) ?? objectOf(arg['skb_arg'])
  if (sock === null) return null
  return {
    localAddress: textOf(sock['saddr']),
    localPort: portOf(sock['sport']),
    remoteAddress: textOf(sock['daddr']),
    remotePort: portOf(sock['dport']),
    protocol: protocolOf(sock['protocol']),
    path: null,
  }
}

/** The one end that the caller passed to connect or bind. */
function namedSocketOf(arg: JsonObject): Socket | null {
  const named = objectOf(arg['sockaddr_arg']) ?? objectOf(arg['sockaddr_un_arg']) ?? objectOf(arg['sockaddrun_arg'])
  if (named === null) return null
  const [address, port] = [textOf(named['addr']), portOf(named['port'])]
  return {
    localAddress: address,
    localPort: port,
    remoteAddress: address,
    remotePort: port,
    protocol: null,
    path: textOf(named['path']),
  }
}

function protocolOf(value: JsonObject[string] | undefined): string | null {
  return (
    textOf(value)
      ?.replace(/^IPPROTO_/, '')
      .toLowerCase() ?? null
  )
}

/** `CAP_` is missing from some of the names that Tetragon prints. */
function capabilityOf(arg: JsonObject): string | null {
  const name = textOf(objectOf(arg['capability_arg'])?.['name'])
  return name === null ? null : name.startsWith('CAP_') ? name : `CAP_${name}`
}
