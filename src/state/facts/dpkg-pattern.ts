import { RE2JS } from 're2js'
import type { PackageRow } from './package-lists.ts'

/** Whether `dpkg-query -W PATTERN` would name the package: a name or a shell pattern, with `:architecture` behind it if it matters. */
export function dpkgMatches({ name, architecture }: Omit<PackageRow, 'version'>, pattern: string): boolean {
  const [namePattern = '', architecturePattern = '*'] = pattern.split(':')
  return shellMatches(namePattern, name) && shellMatches(architecturePattern, architecture)
}

/** fnmatch without flags, in linear time: patterns come from outside. */
function shellMatches(pattern: string, text: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === text
  try {
    return RE2JS.matches(expressionOf(pattern), text)
  } catch {
    // A class that no engine accepts (`[z-a]`) matches nothing.
    return false
  }
}

function expressionOf(pattern: string): string {
  return pattern.replace(/\[([!^]?)(\]?[^\]]*)\]|\\(.)|[\s\S]/g, (token, not?: string, members?: string, escaped?: string) => {
    if (members !== undefined) return `[${not === '' ? '' : '^'}${members.replace(/[\\\]^[]/g, '\\$&')}]`
    if (escaped !== undefined) return RE2JS.quote(escaped)
    if (token === '*') return '.*'
    return token === '?' ? '.' : RE2JS.quote(token)
  })
}
