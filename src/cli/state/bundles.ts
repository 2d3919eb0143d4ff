import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { replaceFile } from '../../lib/io/durable-file.ts'
import { readBounded } from '../../lib/io/read-bounded.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { readBundle, writeBundle } from '../../state/facts/bundle.ts'
import type { FactBundle } from '../../state/model/fact.ts'
import type { TargetSpec } from '../../state/targets/address.ts'
import { parseInventory } from '../../state/targets/inventory.ts'
import type { Collected } from './hosts.ts'

/** Of one file of facts; a host's answers are some hundred kilobytes. */
const LIMIT = 256 * 1024 * 1024

/** The kept answers of one host. @throws RunproofError naming the file that cannot be read or is none */
export function bundleIn(file: string, cwd: string): FactBundle {
  const text = readText(file, cwd)
  try {
    return readBundle(text)
  } catch (cause) {
    if (!(cause instanceof RunproofError)) throw cause
    throw new RunproofError(cause.code, `${file}: ${cause.message}`, { cause })
  }
}

/** Targets of an inventory file. @throws RunproofError */
export function inventoryIn(file: string, cwd: string): readonly TargetSpec[] {
  return parseInventory(readText(file, cwd), file)
}

/** Keeps answers: one file for one host, a folder with a file for each of several. A host without answers has none. */
export function keepBundles(collected: readonly Collected[], out: string, isMany: boolean, cwd: string): void {
  const path = resolve(cwd, out)
  mkdirSync(isMany ? path : dirname(path), { recursive: true })
  for (const { name, bundle } of collected) {
    if (bundle === null) continue
    put(isMany ? join(path, `${fileName(name)}.json`) : path, writeBundle(bundle))
  }
}

/** Facts hold what files and commands said: for their owner alone, whoever could read what was there before. */
function put(path: string, text: string): void {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true
  if (isFile) replaceFile(path, text, 0o600)
  else writeFileSync(path, text)
}

/** A host's name as part of a path. */
export function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '_')
}

function readText(file: string, cwd: string): string {
  const path = resolve(cwd, file)
  try {
    return readBounded(path, LIMIT).toString('utf8')
  } catch (cause) {
    if (cause instanceof RunproofError) throw new RunproofError(cause.code, `${file}: ${cause.message}`, { cause })
    throw new RunproofError('file.unreadable', `cannot read ${file}: ${whyOf(cause)}`, { cause })
  }
}
