import type { GuardPolicy } from '../../policy/model.ts'
import { families } from '../../policy/families.ts'
import { syscall } from '../../policy/syscalls.ts'
import type { EventFormat, Field } from './format.ts'
import { addressAt } from './address.ts'
import { numberAt, textAt } from './page.ts'

/** What an event says, by the thread that it happened to. */
export type Seen =
  | { readonly kind: 'task'; readonly tid: number; readonly child: number; readonly isThread: boolean }
  | { readonly kind: 'exec'; readonly tid: number; readonly path: string | null }
  /** `isLast` null: this kernel does not say whether other threads of the process live on. */
  | { readonly kind: 'exit'; readonly tid: number; readonly isLast: boolean | null }
  | { readonly kind: 'killed'; readonly tid: number }
  | { readonly kind: 'syscall'; readonly tid: number; readonly name: string }
  | {
      readonly kind: 'open'
      readonly tid: number
      readonly path: string | null
      readonly folder: number | null
      readonly access: 'read' | 'write'
    }
  | {
      readonly kind: 'connect'
      readonly tid: number
      readonly to: { readonly address: string; readonly port: number } | null
      readonly protocol: 'tcp' | null
    }

/** Makes of a record what it says; null: it is not about anything that we look for. */
export type Decode = (page: Buffer, start: number, bytes: number) => Seen | null

export type Serves = 'life' | 'exec' | 'syscall' | 'file' | 'network'
/** An event of the kernel that we switch on. `probe`: what an event probe on it is to read; it is then named `name`. */
export type Source = {
  readonly name: string
  readonly serves: Serves
  readonly event: string
  readonly filter: string | null
  readonly probe: string | null
  readonly decoder: (format: EventFormat) => Decode
}

const CLONE_THREAD = 0x10000
const AT_FDCWD = -100
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, as on x86-64 and arm64. */
const WRITES = 0o1 | 0o2 | 0o100 | 0o1000

/** What a policy needs to be watched. */
export function sourcesFor({ processes, matching }: GuardPolicy): readonly Source[] {
  const all = Object.values(processes)
  const hasFiles = all.some(({ allowed_files, blocked_files }) => allowed_files !== undefined || blocked_files !== undefined)
  const calls = new Set(all.flatMap(({ blocked_syscalls = [] }) => blocked_syscalls).flatMap((name) => families(name, matching)))
  const hasNetwork = all.some(
    ({ allowed_network, blocked_network }) => allowed_network !== undefined || blocked_network !== undefined,
  )
  const wanted = [
    ...life,
    ...[...calls].map(called),
    ...(hasFiles ? opens : []),
    ...(hasNetwork || matching === 'compat' ? connects : []),
  ]
  return wanted.filter(({ event }) => isHere(event))
}

/** Whether this processor's kernels have the call at all: arm64 has no open, fork and vfork. */
function isHere(event: string, arch: string = process.arch): boolean {
  const call = /^syscalls\/sys_enter_(\w+)$/.exec(event)?.[1]
  const numbers = call === undefined ? null : syscall(call)
  return numbers === null || (arch === 'arm64' ? numbers.arm64 : numbers.x64) !== null
}

const life: readonly Source[] = [
  plain('life', 'task/task_newtask', null, ({ number }) => {
    const [child, flags] = [number('pid'), number('clone_flags')]
    return (tid, at) => ({ kind: 'task', tid, child: child(at), isThread: (flags(at) & CLONE_THREAD) !== 0 })
  }),
  plain('exec', 'sched/sched_process_exec', null, ({ text }) => {
    const path = text('filename')
    return (tid, at) => ({ kind: 'exec', tid, path: path(at) })
  }),
  plain('life', 'sched/sched_process_exit', null, ({ number, has }) => {
    // Kernels before 6.16 do not say it.
    const last = has('group_dead') ? number('group_dead') : null
    return (tid, at) => ({ kind: 'exit', tid, isLast: last === null ? null : last(at) !== 0 })
  }),
  plain('life', 'signal/signal_deliver', 'sig==9', () => (tid) => ({ kind: 'killed', tid })),
]

const connects: readonly Source[] = [
  // Where the kernel itself says whom a TCP connection is to: nobody can change that under its hands, whichever call made it.
  plain('network', 'sock/inet_sock_set_state', 'newstate==2', ({ number, bytes }) => {
    const [family, port, v4, v6] = [number('family'), number('dport'), bytes('daddr'), bytes('daddr_v6')]
    return (tid, at) => {
      const address = addressAt(family(at), v4(at), v6(at))
      return { kind: 'connect', tid, to: address === null ? null : { address, port: port(at) }, protocol: 'tcp' }
    }
  }),
  ...(['connect', 'sendto'] as const).map((call) => addressed(call, call === 'connect' ? 'uservaddr' : 'addr')),
]

const opens: readonly Source[] = [
  opened('open', 'folder=\\-100:s32 flags=$flags:x32'),
  opened('creat', 'folder=\\-100:s32 flags=\\577:x32'),
  opened('openat', 'folder=$dfd:s32 flags=$flags:x32'),
  opened('openat2', 'folder=$dfd:s32 flags=+u0($how):x32'),
]

function called(name: string): Source {
  return plain('syscall', `syscalls/sys_enter_${name}`, null, () => (tid) => ({ kind: 'syscall', tid, name }))
}

function opened(call: string, fields: string): Source {
  const pointer = call === 'creat' ? 'pathname' : 'filename'
  const source = plain('file', `syscalls/sys_enter_${call}`, null, ({ number, text }) => {
    const [path, folder, flags] = [text('file'), number('folder'), number('flags')]
    return (tid, at) => {
      const from = folder(at)
      const access = (flags(at) & WRITES) === 0 ? 'read' : 'write'
      return { kind: 'open', tid, path: path(at), folder: from === AT_FDCWD ? null : from, access }
    }
  })
  return { ...source, name: `open_${call}`, probe: `${fields} file=+u0($${pointer}):ustring` }
}

/** What a program asks to be connected to, or sends a datagram to: UDP, too. Calls without an address are not about any. */
function addressed(call: 'connect' | 'sendto', pointer: string): Source {
  const source = plain('network', `syscalls/sys_enter_${call}`, null, ({ number, bytes }) => {
    const [family, port, v4, v6] = [number('family'), number('port'), bytes('v4'), bytes('v6a')]
    return (tid, at) => {
      const kind = family(at)
      if (kind !== 2 && kind !== 10) return null
      const address = addressAt(kind, v4(at), v6(at, 16))
      const swapped = port(at)
      return {
        kind: 'connect',
        tid,
        to: address === null ? null : { address, port: ((swapped & 0xff) << 8) | (swapped >>> 8) },
        protocol: null,
      }
    }
  })
  const at = (offset: number, type: string): string => `+u${offset}($${pointer}):${type}`
  return {
    ...source,
    name: `to_${call}`,
    probe: `family=${at(0, 'u16')} port=${at(2, 'u16')} v4=${at(4, 'x32')} v6a=${at(8, 'x64')} v6b=${at(16, 'x64')}`,
  }
}

type At = { readonly page: Buffer; readonly start: number; readonly bytes: number }
type Fields = {
  readonly has: (name: string) => boolean
  readonly number: (name: string) => (at: At) => number
  readonly text: (name: string) => (at: At) => string | null
  readonly bytes: (name: string) => (at: At, size?: number) => Buffer
}

function plain(
  serves: Serves,
  event: string,
  filter: string | null,
  reader: (fields: Fields) => (tid: number, at: At) => Seen | null,
): Source {
  return {
    name: event,
    serves,
    event,
    filter,
    probe: null,
    decoder(format) {
      const tid = fieldOf(format, 'common_pid')
      const read = reader(fieldsOf(format))
      return (page, start, bytes) => read(numberAt(page, start, tid), { page, start, bytes })
    },
  }
}

function fieldsOf(format: EventFormat): Fields {
  return {
    has: (name) => format.fields.has(name),
    number(name) {
      const field = fieldOf(format, name)
      return ({ page, start }) => numberAt(page, start, field)
    },
    text(name) {
      const field = fieldOf(format, name)
      return ({ page, start, bytes }) => textAt(page, start, bytes, field)
    },
    bytes(name) {
      const { offset, size } = fieldOf(format, name)
      return ({ page, start }, most = size) => page.subarray(start + offset, start + offset + most)
    },
  }
}

/** @throws Error for a field that this kernel's event does not have: the event then counts as one that cannot be watched */
function fieldOf({ fields }: EventFormat, name: string): Field {
  const field = fields.get(name)
  if (field === undefined) throw new Error(`this kernel’s event has no field ${name}`)
  return field
}
