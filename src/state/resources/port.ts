import { given, list, nilIfEmpty, pick, required, value, type Facts, type Kind } from './kind.ts'
import type { SocketFact } from '../model/fact.ts'

const query = { kind: 'sockets' } as const

/** `80`, `tcp6:443`, `udp:53`: sockets that listen, as the kernel lists them. Addresses in capitals in goss's dialect, as it prints them. */
export const port: Kind = {
  override: 'port',
  showsOverride: true,
  isGated: true,
  queries: () => [query],
  properties(subject, facts, { dialect }) {
    const at = (facts: Facts, take: (found: readonly SocketFact[]) => ReturnType<typeof value>) =>
      pick(facts, query, (sockets) => take(sockets.filter(isAt(subject.name))))
    return [
      required(subject, 'listening', () => at(facts, (found) => value(found.length > 0))),
      ...given(subject, [
        [
          'ip',
          () =>
            at(facts, (found) =>
              list(nilIfEmpty(found.map(({ address }) => (dialect === 'goss' ? address.toUpperCase() : address)))),
            ),
        ],
      ]),
    ]
  },
}

function isAt(name: string): (socket: SocketFact) => boolean {
  const cut = name.indexOf(':')
  const [protocol, number] = cut < 0 ? ['tcp', name] : [name.slice(0, cut), name.slice(cut + 1)]
  return (socket) =>
    socket.protocol === protocol && String(socket.port) === number && (socket.isListening || protocol.startsWith('udp'))
}
