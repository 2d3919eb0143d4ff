import type { Io } from '../command.ts'

/** Text as it is: formats that machines read have no line feed more than goss gives them. */
export function emit(io: Io, text: string): void {
  if (io.write) io.write(text)
  else if (text !== '') io.out(text.endsWith('\n') ? text.slice(0, -1) : text)
}
