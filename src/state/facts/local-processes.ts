import { readFileSync, readdirSync } from 'node:fs'
import type { RawProcess } from './host.ts'

/** Every process of /proc; one that ends meanwhile is left out. */
export function localProcesses(): readonly RawProcess[] {
  return numbersIn('/proc').flatMap((pid) => {
    try {
      const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8')
      return [{ pid, stat: read('stat'), status: read('status'), commandLine: read('cmdline') }]
    } catch {
      return []
    }
  })
}

function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}
