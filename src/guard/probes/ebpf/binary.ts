import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunproofError } from '../../../../core/model/errors.ts'
import { reasonOf } from '../reason.ts'

/** Where `make -C bpf` leaves it. */
export const builtSensor = join(import.meta.dirname, '../../../../bpf/build/runproof-sensor')

export type Binary = {
  readonly path: string
  readonly sha256: string
  /** The file that was looked at: what is run is this, not whatever the path names by then. */
  readonly descriptor: number
  readonly close: () => void
}

/**
 * Opens the sensor's file and holds it to its digest before anything runs it.
 * @throws RunproofError `file.unreadable` when it is not there, `signature.invalid` when it is another one
 */
export function openBinary(path: string, pinned: string | null): Binary {
  if (!existsSync(path))
    throw new RunproofError(
      'file.unreadable',
      `there is no sensor at ${path}: build it with make -C bpf, or choose another --sensor`,
    )
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    throw new RunproofError('file.unreadable', `the sensor at ${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
  const sha256 = createHash('sha256').update(readFileSync(descriptor)).digest('hex')
  const close = (): void => closeSync(descriptor)
  if (pinned !== null && sha256 !== pinned) {
    close()
    throw new RunproofError(
      'signature.invalid',
      `the sensor at ${path} has SHA-256 ${sha256}, and ${pinned} is the one to be run`,
    )
  }
  return { path, sha256, descriptor, close }
}
