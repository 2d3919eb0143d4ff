/** A file of an initramfs. */
export type Entry = { readonly path: string; readonly mode: number; readonly data?: Buffer }

/** A cpio archive in the form that the kernel unpacks (newc); folders before what lies in them. */
export function newc(entries: readonly Entry[]): Buffer {
  const parts = entries.map((entry, i) => member(entry, i + 1))
  return Buffer.concat([...parts, member({ path: 'TRAILER!!!', mode: 0 }, 0)])
}

function member({ path, mode, data = Buffer.alloc(0) }: Entry, inode: number): Buffer {
  const name = Buffer.from(`${path}\0`)
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0]
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  return Buffer.concat([padded(Buffer.concat([head, name])), padded(data)])
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 4
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)])
}
