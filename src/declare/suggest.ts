import { durationForm } from '../../core/model/duration.ts'

/** The known word that a person most likely meant, or null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > MAX_WORD) return null
  const wanted = word.toLowerCase()
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best && best.distance <= Math.max(1, Math.floor(word.length / 3))) return best.candidate
  const shared = (candidate: string): boolean => candidate.startsWith(wanted) || wanted.startsWith(candidate)
  return known.find((candidate) => Math.min(word.length, candidate.length) >= 3 && shared(candidate)) ?? null
}

/** `24 hours` → `24h`; null when no duration can be made out. */
export function nearestDuration(text: string): string | null {
  const match = /^\s*(\d{1,7})\s*(s|sec|m|min|h|hr|d|day|w|week)[a-z]*\s*$/i.exec(text)
  if (!match) return null
  const [, digits = '', unit = ''] = match
  const amount = Number(digits)
  const duration = /^w/i.test(unit) ? `${amount * 7}d` : `${amount}${unit.charAt(0).toLowerCase()}`
  return durationForm.test(duration) ? duration : null
}

/** `Payments API` → `payments-api`; null when nothing is left. */
export function nearestLabel(text: string): string | null {
  const label = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
  return label === '' ? null : label
}

/** `1.4` → `1.4.0`, `v2` → `2.0.0`; null when it is no version at all. */
export function nearestVersion(text: string): string | null {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text)
  return match ? `${match[1]}.${match[2] ?? '0'}.${match[3] ?? '0'}` : null
}

/** Insertions, deletions, replacements and swaps of neighbours that make one word of the other. */
function editDistance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const replaced = (last[j - 1] ?? 0) + (same ? 0 : 1)
      const best = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      row.push(swapped ? Math.min(best, (before[j - 2] ?? 0) + 1) : best)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}

const MAX_WORD = 64
