import type { AnswerOf, QueryOf } from '../../state/model/fact.ts'

const TCP_LISTEN = '0A'

/** What to run on a host to learn which sockets those processes hold. */
export function portsScript(pids: readonly number[]): QueryOf<'command'> {
  const command = [
    `for p in ${pids.join(' ')}; do ls -l "/proc/$p/fd" 2>/dev/null; done`,
    'for f in tcp tcp6 udp udp6; do sed "s/^/$f /" "/proc/net/$f" 2>/dev/null; done',
    ':',
  ].join('\n')
  return { kind: 'command', command, timeoutMs: 10_000, retries: 0, retryDelayMs: 0 }
}

/** `tcp:80` of every socket that listens (TCP) or is there (UDP) and is held by one of them, each once, in the kernel's order. */
export function portsOf(answer: AnswerOf<'command'>): readonly string[] {
  if ('error' in answer || !('text' in answer.value.stdout)) return []
  const lines = answer.value.stdout.text.split('\n')
  const held = new Set(lines.map((line) => /socket:\[(\d+)\]$/.exec(line)?.[1]).filter((inode) => inode !== undefined))
  const ports = lines.flatMap((line) => {
    const [protocol = '', , local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const isUdp = protocol.startsWith('udp')
    if (!/^(?:tcp|udp)6?$/.test(protocol) || !held.has(inode) || (!isUdp && state !== TCP_LISTEN)) return []
    return [`${protocol}:${Number.parseInt(local.split(':')[1] ?? '', 16)}`]
  })
  return [...new Set(ports)]
}
