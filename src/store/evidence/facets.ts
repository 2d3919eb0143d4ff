/** Names of controls and workloads whose numbers are remembered. */
export const SHARED_NAMES = 50_000

type Facets = {
  readonly scope: number
  readonly state: number
  readonly severity: number
  readonly control: number
  readonly workload: number
}

/** What a finding is, as words of the full text in a column of their own: then the index alone answers who may see which. */
export function facets({ scope, state, severity, control, workload }: Facets): string {
  return `a${scope} s${state} v${severity} c${control} w${workload}`
}

/** An FTS5 expression: any of these numbers. */
export function anyFacet(letter: 'a' | 's' | 'v' | 'c' | 'w', numbers: readonly number[]): string {
  return `(facets : (${numbers.map((number) => `"${letter}${number}"`).join(' OR ')}))`
}
