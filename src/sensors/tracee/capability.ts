import { countOf, textOf, type Field } from '../fields.ts'

/** Linux capabilities, by their numbers. */
const capabilities = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN ' +
  'NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME ' +
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ ' +
  'PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** `CAP_SYS_ADMIN`, from its name or its number; null for what is neither. */
export function capabilityOf(value: Field): string | null {
  const number = countOf(value)
  const name = number === null ? textOf(value)?.toUpperCase().replace(/^CAP_/, '') : capabilities[number]
  return name !== undefined && /^[A-Z_]{1,64}$/.test(name) ? `CAP_${name}` : null
}
