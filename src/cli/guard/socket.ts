import { resolve } from 'node:path'
import { required } from '../arguments.ts'
import type { Io } from '../command.ts'

/** The control socket of a running guard: `--control`, else `$RUNPROOF_GUARD_CONTROL`. @throws RunproofError `usage` */
export function socketOf(flag: string | undefined, usage: string, io: Io): string {
  return resolve(io.cwd, required(flag ?? io.env['RUNPROOF_GUARD_CONTROL'], '--control', usage))
}
