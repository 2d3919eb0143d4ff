/** The few pages that must work without a script: a link that is used, a login that comes back or is refused. */
export type Page = { readonly title: string; readonly body: string; readonly goTo?: string }

/** Nothing is loaded, nothing runs, no other site shows it in a frame, and its address goes nowhere else. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** `body` is markup of ours; what came from outside goes through {@link escaped} first. */
export function page({ title, body, goTo }: Page): string {
  const refresh = goTo === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${escaped(goTo)}">`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<title>${escaped(title)} · Runproof</title></head>
<body><main><h1>${escaped(title)}</h1>${body}</main></body></html>
`
}

/**
 * After a login: our own page goes on, because a browser withholds a `SameSite=Strict` cookie from a request that another site's
 * redirect leads to.
 */
export function welcomePage(goTo: string): string {
  return page({ title: 'Logged in', body: `<p><a href="${escaped(goTo)}">Continue</a></p>`, goTo })
}

/** The link is not used by opening it: previews of chats and mail scanners open links too. */
export function linkPage(token: string): string {
  return page({
    title: 'Come in',
    body: `<form method="post" action="/login/link"><input type="hidden" name="token" value="${escaped(token)}">
<p><label>Your name, as it shall stand beside what you decide:<br><input name="name" autocomplete="name" maxlength="200" autofocus></label></p>
<p><button>Come in</button></p></form><p>The link works once.</p>`,
  })
}

export function refusedPage(why: string, code: string): string {
  return page({
    title: 'Not logged in',
    body: `<p>${escaped(why)}</p><p><code>${escaped(code)}</code></p><p><a href="/login">Try again</a></p>`,
  })
}

export function noProviderPage(): string {
  return page({
    title: 'Log in',
    body: '<p>No identity provider is set up. Whoever runs this service makes a link with <code>runproof access link</code>.</p>',
  })
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
