import { createRequire } from 'node:module'
import type { Dialect, Note, Resource, Suite } from '../model/resource.ts'
import type { GoMap } from '../model/value.ts'
import { TemplateError } from '../template/fault.ts'
import type * as Templates from '../template/template.ts'
import { GossfileError } from './failure.ts'
import { localFiles, type Files } from './files.ts'
import { decodable, formatByName, formatOf, type Format } from './format.ts'
import { expandGlob, folderOf, joinPath } from './glob.ts'
import { readGossfile, type Gossfile, type Include } from './gossfile.ts'
import { textOf } from './text.ts'
import { readVars } from './vars.ts'

export type LoadOptions = {
  /** Paths of `--vars`, in order. */
  readonly vars?: readonly string[]
  /** Text of `--vars-inline`: YAML or JSON. */
  readonly varsInline?: string
  /** What `.Env` and `getEnv` see. Nothing unless given: a suite then depends on its files alone. */
  readonly env?: Readonly<Record<string, string>>
  readonly dialect?: Dialect
  readonly files?: Files
  /** What the file `-` holds. */
  readonly stdin?: Uint8Array
  /** Template functions that read clock, network, host or chance: `now`, `getHostByName`, `randAlpha`, `genPrivateKey` … */
  readonly allowImpure?: boolean
  /** Called with every text after its templates, as `render --debug` prints it. */
  readonly onRendered?: (text: string) => void
  /** Told of every note as it arises, also of those before something that cannot be loaded. */
  readonly onNote?: (note: Note) => void
}

/** A suite with the format in which its top file is written, which is the one that `render` writes. */
export type LoadedSuite = Suite & { readonly format: Format }

const maxDepth = 50
/** Globs that name each other can double at every level: goss would read until the end of time. */
const maxFiles = 10_000

/**
 * Reads a gossfile with everything that it includes: templates are run, variables laid in, later files win over earlier ones.
 *
 * Paths of includes are relative to the file that names them; the format of every file is that of the top one, as in goss.
 *
 * @throws GossfileError in goss's words where goss refuses too
 */
export function loadSuite(file: string, options: LoadOptions = {}): LoadedSuite {
  const loader = new Loader(options)
  return loader.load(file)
}

/** goss's text for a suite that holds nothing to check: `validate` ends with exit code 78 on it. */
export function refuseEmptySuite(suite: Suite, file: string): void {
  if (suite.resources.length > 0) return
  throw new GossfileError(`found 0 tests, source: ${file === '-' ? 'STDIN' : file}`, { file, row: null, column: null })
}

class Loader {
  readonly #options: LoadOptions
  readonly #files: Files
  readonly #dialect: Dialect
  readonly #notes: Note[] = []
  readonly #sources: Suite['sources'][number][] = []
  #vars: GoMap = new Map()
  #read = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#files = options.files ?? localFiles
    this.#dialect = options.dialect ?? 'runproof'
  }

  load(file: string): LoadedSuite {
    const { vars, read } = readVars(this.#options.vars ?? [], this.#options.varsInline ?? '', this.#files, this.#dialect)
    this.#vars = vars
    for (const { path, bytes } of read) this.#source(path, bytes)
    const { format, top } = file === '-' ? this.#fromStdin() : this.#fromFile(file)
    const resources = this.#merge(top, format, file === '-' ? '' : folderOf(file), 0)
    return { resources: [...resources.values()], notes: this.#notes, sources: this.#sources, format }
  }

  #fromFile(file: string): { readonly format: Format; readonly top: Gossfile } {
    const format = formatByName(file)
    try {
      return { format, top: this.#gossfile(file, () => format) }
    } catch (error) {
      throw error instanceof MissingFile
        ? new GossfileError(`file error: ${error.message}`, error.place, { cause: error })
        : error
    }
  }

  /** The text is looked at before its templates run and, for its own decoding, once more after. */
  #fromStdin(): { readonly format: Format; readonly top: Gossfile } {
    const bytes = this.#options.stdin ?? new Uint8Array()
    const format = formatOf(textOf(bytes), '-')
    return { format, top: this.#decode(bytes, '-', (text) => formatOf(text, '-')) }
  }

  #gossfile(path: string, format: (text: string) => Format): Gossfile {
    this.#read += 1
    if (this.#read > maxFiles) throw new GossfileError(`more than ${maxFiles} files are included, possibly due to a loop`)
    let bytes: Uint8Array
    try {
      bytes = this.#files.read(path)
    } catch (error) {
      throw new MissingFile((error as Error).message, { file: path, row: null, column: null }, { cause: error })
    }
    return this.#decode(bytes, path, format)
  }

  #decode(bytes: Uint8Array, path: string, format: (text: string) => Format): Gossfile {
    this.#source(path, bytes)
    const text = this.#rendered(textOf(bytes), path)
    this.#options.onRendered?.(text)
    const gossfile = readGossfile(decodable(text, format(text), path), path, this.#dialect)
    for (const note of gossfile.notes) this.#note(note)
    return gossfile
  }

  #rendered(text: string, path: string): string {
    // Without an action a text is its own rendering.
    if (!text.includes('{{')) return text
    try {
      return templates().renderTemplate(text, {
        vars: this.#vars,
        env: this.#options.env ?? {},
        readFile: (name) => textOf(this.#files.read(name)),
        allowImpure: this.#options.allowImpure ?? false,
        onImpure: (name) => this.#impure(name, path),
      })
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      throw new GossfileError(error.message, { file: path, row: error.row, column: error.column }, { cause: error })
    }
  }

  #impure(name: string, path: string): void {
    const message = `the template calls ${name}, which answers differently from run to run`
    const isKnown = this.#notes.some((note) => note.message === message && note.place.file === path)
    const place = { file: path, row: null, column: null }
    if (!isKnown) this.#note({ code: 'impure-template', message, place, fix: 'take the value from --vars' })
  }

  #note(note: Note): void {
    this.#notes.push(note)
    this.#options.onNote?.(note)
  }

  #source(path: string, bytes: Uint8Array): void {
    this.#sources.push({
      path,
      // Most formats do not show it, and cryptography is long to load.
      get sha256() {
        return process.getBuiltinModule('node:crypto').hash('sha256', bytes, 'hex')
      },
    })
  }

  #merge(top: Gossfile, format: Format, folder: string, depth: number): Map<string, Resource> {
    if (depth + 1 >= maxDepth) {
      throw new GossfileError('max depth of 50 reached, possibly due to dependency loop in goss file')
    }
    const merged = new Map<string, Resource>()
    this.#add(merged, top.resources)
    const includes = top.includes.toSorted((a, b) => compare(a.key, b.key))
    for (const include of includes) {
      if (include.skip) continue
      for (const path of this.#matches(include, folder)) this.#add(merged, this.#included(path, format, depth).values())
    }
    return merged
  }

  #included(path: string, format: Format, depth: number): Map<string, Resource> {
    let gossfile: Gossfile
    try {
      gossfile = this.#gossfile(path, () => format)
    } catch (error) {
      if (!(error instanceof GossfileError)) throw error
      const text = error instanceof MissingFile ? `file error: ${error.message}` : error.message
      throw new GossfileError(`could not read json data in ${path}: ${text}`, error.place, { cause: error })
    }
    try {
      return this.#merge(gossfile, format, folderOf(path), depth + 1)
    } catch (error) {
      if (!(error instanceof GossfileError)) throw error
      throw new GossfileError(`could not write json data: ${error.message}`, error.place, { cause: error })
    }
  }

  #matches({ file, place }: Include, folder: string): readonly string[] {
    const pattern = file.startsWith('/') ? file : joinPath(folder, file)
    let found: readonly string[]
    try {
      found = expandGlob(pattern, this.#files)
    } catch (error) {
      throw new GossfileError(`error in expanding glob pattern: ${(error as Error).message}`, place, { cause: error })
    }
    if (found.length === 0) throw new GossfileError(`no matched files were found: ${JSON.stringify(pattern)}`, place)
    return found
  }

  /** A later resource takes the place of an earlier one of the same type and key, and it is said. */
  #add(merged: Map<string, Resource>, resources: Iterable<Resource>): void {
    for (const resource of resources) {
      const name = `${resource.type}\0${resource.key}`
      if (merged.delete(name)) {
        const what = `Duplicate key detected: '${resource.type}: ${resource.key}'.`
        const message = `${what} The value from a later-loaded goss file has overwritten the previous value.`
        this.#note({
          code: 'duplicate-key',
          message,
          place: resource.place,
          fix: 'rename one, and name what is meant by its override',
        })
      }
      merged.set(name, resource)
    }
  }
}

/** The template engine is a fifth of the code that a check would load, and many gossfiles have no template; loading is not asynchronous. */
function templates(): typeof Templates {
  return createRequire(import.meta.url)('../template/template.ts') as typeof Templates
}

/** Told apart because goss says `file error:` only where it opens a gossfile. */
class MissingFile extends GossfileError {}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
