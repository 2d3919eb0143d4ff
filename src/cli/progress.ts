import type { Io } from './command.ts'

/** One line that is rewritten while somebody watches; silent in pipes. */
export type Progress = {
  /** `bytes` read so far of the current file, if that is what is happening. */
  readonly update: (what: string, bytes?: { readonly read: number; readonly total: number | null }) => void
  readonly done: () => void
}

/** Often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 80

export function createProgress(
  { interactive, columns, now }: Io,
  write: (text: string) => void = (text) => process.stderr.write(text),
): Progress {
  if (!interactive) return { update: () => {}, done: () => {} }
  let drawnAt = 0
  let drawnWhat = ''
  return {
    update(what, bytes) {
      const time = now()
      if (what === drawnWhat && time - drawnAt < REDRAW_MS) return
      drawnAt = time
      drawnWhat = what
      const share = bytes?.total ? ` ${Math.min(100, Math.floor((100 * bytes.read) / bytes.total))} %` : ''
      const size = bytes ? ` ${(bytes.read / 1_048_576).toFixed(1)} MB` : ''
      write(`\r\u001b[2K${`… ${what}${share}${size}`.slice(0, columns - 1)}`)
    },
    done: () => write('\r\u001b[2K'),
  }
}
