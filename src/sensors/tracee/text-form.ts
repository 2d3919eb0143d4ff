const head = /^TIME\s.{0,200}\sEVENT\s+ARGS\s*$/
const row = /^\d\d:\d\d:\d\d:\d{6}\s+\S+\s+\S+\s/
const end = /^End of events stream$/

/** A line of the table that Tracee prints for people, which is what it does unless told otherwise: it carries no date. */
export function isTextForm(line: string): boolean {
  return row.test(line) || head.test(line) || end.test(line)
}
