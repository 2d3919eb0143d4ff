const SLASH = 0x2f
const DOT = 0x2e

/**
 * A path as it is compared: no `//`, no `.`, no `..`, no slash at the end. By the text alone: which file it names is the sensor's to
 * resolve, since a folder may be a link. The very same string when there is nothing to do; a path that does not start with a slash is
 * left as it is, because nobody knows where it starts.
 */
export function normalisePath(path: string): string {
  return isNormal(path) ? path : normalised(path)
}

/** Whether it starts where every path starts, so that one can say which file it means. */
export function isAbsolute(path: string): boolean {
  return path.charCodeAt(0) === SLASH
}

/** One pass without making anything: it runs for every check. */
function isNormal(path: string): boolean {
  if (!isAbsolute(path)) return true
  const { length } = path
  let before = SLASH
  for (let i = 1; i < length; i++) {
    const code = path.charCodeAt(i)
    // Few characters of a path are below a slash: the first comparison settles most of them.
    if (code <= SLASH && before === SLASH && (code === SLASH || (code === DOT && endsSegment(path, i + 1)))) return false
    before = code
  }
  return before !== SLASH || length === 1
}

/** What follows a first dot: nothing or a slash, or a second dot and then one of these. */
function endsSegment(path: string, at: number): boolean {
  const from = path.charCodeAt(at) === DOT ? at + 1 : at
  return from >= path.length || path.charCodeAt(from) === SLASH
}

function normalised(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}
