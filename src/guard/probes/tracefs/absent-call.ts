import { readFileSync } from 'node:fs'

/**
 * Whether the running kernel was built without a call: then it has no tracepoint for it either, and the call can only fail. Such a call
 * has no symbol, or a weak one alone, which stands for "not implemented".
 */
export function isAbsentCall(event: string, symbols: () => string = kernelSymbols): boolean {
  const name = /^syscalls\/sys_enter_(\w+)$/.exec(event)?.[1]
  if (name === undefined) return false
  const all = symbols()
  const type = new RegExp(`^[0-9a-f]+ (\\w) __(?:x64|arm64)_sys_${name}$`, 'm').exec(all)?.[1]
  return all !== '' && (type === undefined || type === 'W')
}

let read: string | null = null

/** Megabytes, read once and only where something is missing; the lines about calls are kept. */
function kernelSymbols(): string {
  try {
    read ??=
      readFileSync('/proc/kallsyms', 'utf8')
        .match(/^.*_sys_\w+$/gm)
        ?.join('\n') ?? ''
  } catch {
    read = ''
  }
  return read
}
