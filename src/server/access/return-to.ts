/**
 * Where to go after a login: a path of ours, or `/`. What browsers would read as another host (`//host`, `/\host`, a path that becomes
 * one when dots are resolved) is none.
 */
export function safeReturn(asked: unknown): string {
  if (typeof asked !== 'string' || asked.length > 2000 || !asked.startsWith('/')) return '/'
  // Browsers read a backslash as a slash and drop tabs and line ends: text with either is not what it looks like.
  if (/[\\\p{Cc}]/u.test(asked)) return '/'
  const base = 'http://runproof.invalid'
  if (!URL.canParse(asked, base)) return '/'
  const { origin, pathname, search, hash } = new URL(asked, base)
  return origin === base && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/'
}
