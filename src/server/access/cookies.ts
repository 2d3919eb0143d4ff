import type { IncomingHttpHeaders } from 'node:http'

export type CookieOptions = { readonly isSecure: boolean; readonly sameSite: 'Strict' | 'Lax'; readonly seconds: number }

/**
 * A `Set-Cookie` value that no script reads. Over https the name starts with `__Host-` (RFC 6265bis §4.1.3.2): no neighbouring host and
 * no plain connection can plant it.
 */
export function setCookie(name: string, value: string, { isSecure, sameSite, seconds }: CookieOptions): string {
  const secure = isSecure ? '; Secure' : ''
  return `${cookieName(name, isSecure)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${seconds}${secure}`
}

/** The value when it has the form, else null. Two of one name are none: one of them was planted. */
export function readCookie(headers: IncomingHttpHeaders, name: string, isSecure: boolean, form: RegExp): string | null {
  const wanted = `${cookieName(name, isSecure)}=`
  const values = (headers.cookie ?? '')
    .slice(0, MAX_HEADER)
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(wanted))
  const [value = '', ...others] = values.map((pair) => pair.slice(wanted.length))
  return others.length === 0 && form.test(value) ? value : null
}

export const SESSION_COOKIE = 'runproof_session'
export const LOGIN_COOKIE = 'runproof_login'
const MAX_HEADER = 16_384

function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name
}
