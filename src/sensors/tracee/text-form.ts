import { textMalformed, type TextForm } from '../read/text-form.ts'

const head = /^TIME\s.{0,200}\sEVENT\s+ARGS\s*$/
const row = /^\d\d:\d\d:\d\d:\d{6}\s+\S+\s+\S+\s/
const end = /^End of events stream$/

/**
 * The table that Tracee prints for people, which is what it does unless told otherwise. It is known and not read: it has no date, its
 * columns depend on the flags, and they are parted by blanks, which are in names of processes and in arguments too.
 */
export const textForm: TextForm = {
  kindOf: (line) => (row.test(line) || head.test(line) || end.test(line) ? 'refused' : null),
  read: () => textMalformed('tracee'),
}
