import type { TargetAddress, TargetSpec } from './address.ts'

type Argv = readonly [string, ...string[]]

export type TransportOptions = {
  /** Programs that stand in for `ssh`, `docker` …, with arguments of their own in front. */
  readonly programs?: Readonly<Partial<Record<Exclude<TargetAddress['transport'], 'local'>, Argv>>>
  readonly connectTimeoutSeconds?: number
}

const CONNECT_SECONDS = 10

/**
 * The command that starts a shell on a target and connects it to our standard input and output. ssh reads its own configuration, agent
 * and jump hosts, asks nothing, and shares no connection: the session is ours alone. `socksPort`: a forwarding for network questions.
 */
export function shellCommand({ address, sudo }: TargetSpec, options: TransportOptions, socksPort: number | null): Argv {
  switch (address.transport) {
    case 'local':
      return sudo ? ['sudo', '-n', '-H', 'sh'] : ['sh']
    case 'ssh':
      return sshCommand(address, options, sudo, socksPort)
    case 'docker':
    case 'podman': {
      const user = sudo ? ['-u', '0'] : []
      return [...programOf(address.transport, options), 'exec', '-i', ...user, address.container, 'sh']
    }
    case 'kubectl':
      return kubectlCommand(address, options, sudo)
  }
}

function programOf(transport: Exclude<TargetAddress['transport'], 'local'>, { programs }: TransportOptions): Argv {
  return programs?.[transport] ?? [transport]
}

function sshCommand(
  { user, host, port }: Extract<TargetAddress, { transport: 'ssh' }>,
  options: TransportOptions,
  sudo: boolean,
  socksPort: number | null,
): Argv {
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${options.connectTimeoutSeconds ?? CONNECT_SECONDS}`,
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
    // One session of our own: a shared connection would outlive it, and with it the forwarding.
    'ControlPath=none',
    'RemoteCommand=none',
    'PermitLocalCommand=no',
    'LogLevel=ERROR',
    ...(socksPort === null ? [] : ['ExitOnForwardFailure=yes', 'GatewayPorts=no']),
  ]
  return [
    ...programOf('ssh', options),
    ...['-T', '-a', '-x'],
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(socksPort === null ? [] : ['-D', `127.0.0.1:${socksPort}`]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...(user === null ? [] : ['-l', user]),
    '--',
    host,
    // Whatever the login shell is, it can do this.
    sudo ? 'exec sudo -n -H sh' : 'exec sh',
  ]
}

function kubectlCommand(
  { context, namespace, pod, container }: Extract<TargetAddress, { transport: 'kubectl' }>,
  options: TransportOptions,
  sudo: boolean,
): Argv {
  return [
    ...programOf('kubectl', options),
    ...(context === null ? [] : [`--context=${context}`]),
    ...['exec', '-i', '-q', '-n', namespace, pod],
    ...(container === null ? [] : ['-c', container]),
    '--',
    ...(sudo ? ['sudo', '-n', '-H', 'sh'] : ['sh']),
  ]
}
