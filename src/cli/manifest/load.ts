import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { problemText, type Path, type Position } from '../../declare/problem.ts'
import { readManifest, type ReadManifest } from '../../declare/read-manifest.ts'
import { readManifestFile } from '../../lib/io/read-bundle.ts'
import type { Io } from '../command.ts'

export type LoadedFile = { readonly dir: string; readonly path: string; readonly shown: string; readonly read: ReadManifest }
export type LoadedManifest = {
  readonly dir: string
  readonly shown: string
  readonly manifest: Manifest
  readonly locate: (path: Path, key?: boolean) => Position
}

/**
 * The manifest of a bundle folder or file, valid or not. Problems name the file as the user wrote it.
 * @throws RunproofError `bundle.unreadable`
 */
export async function loadFile(argument: string, io: Io): Promise<LoadedFile> {
  const { dir, path, text } = await readManifestFile(resolve(io.cwd, argument))
  const shown = path.startsWith(`${io.cwd}/`) ? path.slice(io.cwd.length + 1) : path
  return { dir, path, shown, read: readManifest(text, shown) }
}

/**
 * A valid manifest.
 * @throws RunproofError `manifest.invalid` with every problem, `bundle.unreadable`
 */
export async function loadManifest(argument: string, io: Io): Promise<LoadedManifest> {
  const { dir, shown, read } = await loadFile(argument, io)
  if ('problems' in read) {
    const count = read.problems.length === 1 ? 'one problem' : `${read.problems.length} problems`
    throw new RunproofError('manifest.invalid', `${shown} has ${count}\n${read.problems.map(problemText).join('\n')}`)
  }
  return { dir, shown, manifest: read.manifest, locate: read.locate }
}
