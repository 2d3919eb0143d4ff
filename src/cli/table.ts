import { visibleText } from '../lib/visible-text.ts'

/**
 * Lines with aligned columns, two spaces apart; the last column runs free. Control characters of the cells are shown, not sent to the
 * terminal.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [head.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(visibleText))]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  return cells.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - cell.length)))
      .join('  ')
      .trimEnd(),
  )
}
