import { textMalformed, type TextForm } from '../read/text-form.ts'

const line =
  /^(?:\S{20,40} )?\p{Extended_Pictographic}\ufe0f? {1,2}(?:process|exit|loader|syscall|open|close|read|write|connect|sendmsg|lsm|uprobe|usdt) +\S/u

/**
 * What `tetra getevents -o compact` prints for people. It is known and not read: it has neither a date nor a node, and what a process
 * chooses (its name, paths, arguments) is parted from the rest by blanks alone.
 */
export const textForm: TextForm = {
  kindOf: (text) => (line.test(text) ? 'refused' : null),
  read: () => textMalformed('tetragon'),
}
