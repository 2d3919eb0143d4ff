/** Go's `Regexp.Expand`: `$name`, `${name}` and `$1`; the longest run of letters, digits and `_` is the name. What names nothing is empty. */
export function expand(template: string, names: ReadonlyMap<string, number>, group: (index: number) => string): string {
  return template.replaceAll(REFERENCE, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === '$$') return '$'
    const name = braced ?? plain ?? ''
    const index = /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : names.get(name)
    return index === undefined ? '' : group(index)
  })
}
// A dollar before anything else is a dollar.
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu
