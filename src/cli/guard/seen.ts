import type { Heartbeat } from '../../guard/probes/probe.ts'

/** How much of what happened was seen, in one line. */
export function seenLine(heartbeat: Heartbeat | null): string {
  if (heartbeat === null) return 'no heartbeat yet'
  const { received, dropped, seen, forks, unreadable, untracked } = heartbeat
  const events = received === null ? [] : [`${received} events made, ${dropped ?? 'unknown'} dropped`]
  const share =
    seen === null || forks === null
      ? []
      : [`${seen} of ${forks} new processes seen${forks > 0 ? ` (${Math.floor((100 * Math.min(seen, forks)) / forks)} %)` : ''}`]
  const gaps = [
    ...(unreadable !== null && unreadable > 0 ? [`${unreadable} unreadable`] : []),
    ...(untracked !== null && untracked > 0 ? [`${untracked} not followed`] : []),
  ]
  return [...events, ...share, ...gaps].join(', ') || 'it counts nothing'
}
