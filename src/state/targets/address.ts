import { RunproofError } from '../../../core/model/errors.ts'
import type { Target } from '../model/fact.ts'

/** Where a host is and how to get there. */
export type TargetAddress =
  | { readonly transport: 'local' }
  | { readonly transport: 'ssh'; readonly user: string | null; readonly host: string; readonly port: number | null }
  | { readonly transport: 'docker' | 'podman'; readonly container: string }
  | {
      readonly transport: 'kubectl'
      readonly context: string | null
      readonly namespace: string
      readonly pod: string
      readonly container: string | null
    }

/** A target as the user named it. `id` null: the host's own name. `sudo`: as the superuser. */
export type TargetSpec = {
  readonly id: string | null
  readonly text: string
  readonly address: TargetAddress
  readonly sudo: boolean
}

/** Names of hosts, users, containers and pods: nothing that a program could take for an option or a shell for its own. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,252}\$?$/
const ADDRESS = /^[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.-]{1,32})?$/

/**
 * `local`; `ssh://user@host:port`, `host`, `user@host`, `[2001:db8::1]:22`; `docker://name`, `podman://name`;
 * `kubectl://namespace/pod/container`, the container left out for the pod's first.
 * @throws RunproofError `usage` for anything else
 */
export function parseTarget(text: string, { id = null, sudo = false }: { id?: string | null; sudo?: boolean } = {}): TargetSpec {
  const [, scheme = '', rest = text] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  const address = text === 'local' ? { transport: 'local' as const } : addressBy(scheme, rest)
  if (address === null) throw new RunproofError('usage', `${JSON.stringify(text)} names no target: ${FORMS}`)
  return { id, text, address, sudo }
}

const FORMS = 'local, host, user@host, ssh://user@host:port, docker://name, podman://name, kubectl://namespace/pod/container'

function addressBy(scheme: string, rest: string): TargetAddress | null {
  switch (scheme) {
    case '':
    case 'ssh':
      return sshAddress(rest.replace(/\/$/, ''))
    case 'docker':
    case 'podman':
      return NAME.test(rest) ? { transport: scheme, container: rest } : null
    case 'kubectl':
      return podAddress(rest)
    default:
      return null
  }
}

function sshAddress(text: string): TargetAddress | null {
  const at = text.lastIndexOf('@')
  const user = at < 0 ? null : text.slice(0, at)
  const [, bracketed, plain, portText] = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.slice(at + 1)) ?? []
  const host = bracketed ?? plain ?? ''
  const port = portText === undefined ? null : Number(portText)
  if (!(bracketed === undefined ? NAME : ADDRESS).test(host) || (user !== null && !USER.test(user))) return null
  return port !== null && (port < 1 || port > 65_535) ? null : { transport: 'ssh', user, host, port }
}

/** `context@` in front chooses one of the kubeconfig's contexts. */
function podAddress(text: string): TargetAddress | null {
  const at = text.lastIndexOf('@')
  const context = at < 0 ? null : text.slice(0, at)
  const [namespace = '', pod = '', container = null, ...more] = text.slice(at + 1).split('/')
  const names = [namespace, pod, ...(container === null ? [] : [container])]
  if (
    more.length > 0 ||
    !names.every((name) => NAME.test(name)) ||
    (context !== null && !/^[A-Za-z0-9_][A-Za-z0-9_.:/@-]*$/.test(context))
  )
    return null
  return { transport: 'kubectl', context, namespace, pod, container }
}

/** As a bundle names it. */
export function targetOf({ id, text, address }: TargetSpec): Omit<Target, 'id'> & { readonly id: string | null } {
  return { id, transport: address.transport, address: text }
}
