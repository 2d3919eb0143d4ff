import type { ViolationType } from '../../guard/model.ts'
import type { Coverage, Tier } from '../../guard/probes/probe.ts'

/** What a tier may claim, in words. */
export const tierWords: Readonly<Record<Tier, string>> = {
  prevent: 'the kernel refuses it',
  terminate: 'the process is killed; the act may have completed',
  observe: 'it is seen; complete where nothing was dropped',
  sample: 'it is looked for again and again; what is short may be missed',
  none: 'it is not seen',
}

export const typeWords: Readonly<Record<ViolationType, string>> = {
  exec: 'programs that are run',
  syscall: 'system calls',
  file: 'files that are opened',
  network: 'connections',
  resource: 'memory and processor time',
}

/** A coverage for people: kind by kind, then what is missing. */
export function coverageLines({ tiers, hooks, blindSpots }: Coverage, needed: readonly ViolationType[]): readonly string[] {
  const missing = hooks.filter(({ state }) => state !== 'attached')
  return [
    ...needed.map((type) => `  ${type.padEnd(9)} ${tiers[type].padEnd(10)} ${tierWords[tiers[type]]}`),
    ...(missing.length > 0 ? ['hooks that are not there:'] : []),
    ...[...Map.groupBy(missing, ({ why }) => why ?? 'unknown')].map(hooksLine),
    ...(blindSpots.length > 0 ? ['blind spots:'] : []),
    ...blindSpots.map(({ what, isCatalogued }) => `  ${isCatalogued ? '-' : '!'} ${what}`),
  ]
}

/** Hooks that are missing for one reason are one line. */
function hooksLine([why, hooks]: readonly [string, Coverage['hooks']]): string {
  const names = hooks.slice(0, 4).map(({ name }) => name)
  return `  ${names.join(', ')}${hooks.length > 4 ? ` and ${hooks.length - 4} more` : ''}: ${why}`
}
