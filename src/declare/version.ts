/**
 * Semantic Versioning 2.0.0 §11: negative where `a` comes before `b`, 0 where neither does. Both have the manifest's form,
 * `1.4.0` or `1.4.0-rc.1`.
 */
export function compareVersions(a: string, b: string): number {
  const [coreA, preA] = parts(a)
  const [coreB, preB] = parts(b)
  const core = compareLists(coreA, coreB)
  if (core !== 0) return core
  if (preA === null || preB === null) return preA === preB ? 0 : preA === null ? 1 : -1
  return compareLists(preA, preB)
}

function parts(version: string): readonly [readonly string[], readonly string[] | null] {
  const dash = version.indexOf('-')
  if (dash < 0) return [version.split('.'), null]
  return [version.slice(0, dash).split('.'), version.slice(dash + 1).split('.')]
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left, right] = [a[i], b[i]]
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1
    const order = compareIdentifiers(left, right)
    if (order !== 0) return order
  }
  return 0
}

/** Numbers by value and before words; words by code unit. */
function compareIdentifiers(a: string, b: string): number {
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numberA && numberB) return Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b))
  if (numberA !== numberB) return numberA ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
