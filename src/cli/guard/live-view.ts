import type { Violation } from '../../guard/model.ts'
import type { RunStatus } from '../../guard/run/run.ts'
import type { Io } from '../command.ts'
import { frame, type Rates } from './frame.ts'

/** What a running guard shows while somebody watches: one screen, drawn anew. */
export type LiveView = {
  readonly say: (message: string) => void
  readonly violation: (violation: Violation) => void
  readonly show: (status: () => RunStatus, to: string) => void
  readonly end: () => void
}

const EVERY_MS = 500
const KEPT = 50

/** On the terminal's second screen, so that what was there before is there again afterwards, with what was said meanwhile. */
export function liveView(io: Io, write: (text: string) => void = (text) => process.stderr.write(text)): LiveView {
  const said: string[] = []
  const violations: Violation[] = []
  const rates: number[] = []
  let timer: NodeJS.Timeout | null = null
  let last: { readonly at: number; readonly events: number } | null = null
  /** Said while the second screen was open: told again on the first. */
  const unseen: string[] = []
  let isOpen = false

  const restore = (): void => write('\u001b[?25h\u001b[?1049l')

  function draw(status: () => RunStatus, to: string): void {
    const now = status()
    const events = Math.max(now.stats.totalEvents, now.heartbeat?.received ?? 0)
    // A sensor counts once a second: looked at more often, every second rate would be nought.
    if (last === null || io.now() - last.at >= 1000) {
      if (last !== null) rates.push(((events - last.events) * 1000) / (io.now() - last.at))
      if (rates.length > 120) rates.shift()
      last = { at: io.now(), events }
    }
    const size: Rates = { columns: process.stderr.columns || io.columns, rows: process.stderr.rows || 24, perSecond: rates }
    const lines = frame(now, { to, violations, said, colour: (io.env['NO_COLOR'] ?? '') === '', ...size })
    write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`)
  }

  return {
    say(message) {
      said.push(`${new Date(io.now()).toISOString().slice(11, 19)} ${message}`)
      if (said.length > KEPT) said.shift()
      if (isOpen) unseen.push(message)
      else io.err(`runproof guard: ${message}`)
      if (unseen.length > KEPT) unseen.shift()
    },
    violation(violation) {
      violations.unshift(violation)
      if (violations.length > KEPT) violations.pop()
    },
    show(status, to) {
      isOpen = true
      // However this process ends, the terminal is given back.
      process.once('exit', restore)
      write('\u001b[?1049h\u001b[?25l')
      draw(status, to)
      timer = setInterval(() => draw(status, to), EVERY_MS)
    },
    end() {
      if (timer !== null) clearInterval(timer)
      if (isOpen) {
        process.off('exit', restore)
        restore()
        for (const message of unseen) io.err(`runproof guard: ${message}`)
      }
      isOpen = false
      timer = null
    },
  }
}
