import { readFileSync } from 'node:fs'
import { RunproofError } from '../../core/model/errors.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { commands } from './registry.ts'

/** Runs one command line and says how it ended; nothing thrown leaves it. */
export async function runCommandLine(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--version' || name === '-V' || name === 'version') {
    io.out(`runproof ${version()}`)
    return EXIT.ok
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    return help(rest[0], io)
  }
  const load = commands.get(name)
  if (!load) {
    io.err(`runproof: there is no command ${JSON.stringify(name)}${didYouMean(name)}; see runproof --help`)
    return EXIT.usage
  }
  try {
    const command = await load()
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out((await command.helpFor?.(rest)) ?? command.help)
      return EXIT.ok
    }
    return await command.run(rest, io)
  } catch (error) {
    return explain(error, name, io)
  }
}

/** The version in package.json. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

async function help(name: string | undefined, io: Io): Promise<number> {
  const load = name === undefined ? undefined : commands.get(name)
  if (load) {
    io.out((await load()).help)
    return EXIT.ok
  }
  const listed: Command[] = []
  for (const loadCommand of commands.values()) listed.push(await loadCommand())
  const width = Math.max(...listed.map((command) => command.name.length))
  io.out(
    [
      'runproof: can we prove that our applications operated securely in production?',
      '',
      'usage: runproof <command> [options]      runproof <command> --help',
      '',
      ...listed.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
      '',
      'Exit codes: 0 done or pass, 1 fail, 2 review or inconclusive, 3 could not do it, 64 wrong usage.',
    ].join('\n'),
  )
  return EXIT.ok
}

/** What a file system says when it is not our doing; nothing that was acknowledged is lost by it. */
const cannotWrite: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENAMETOOLONG',
  'EFBIG',
])

function explain(error: unknown, name: string, io: Io): number {
  if (error instanceof RunproofError) {
    io.err(`runproof ${name}: ${error.message} [${error.code}]`)
    return error.code === 'usage' ? EXIT.usage : EXIT.could_not
  }
  if (error instanceof TypeError && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) {
    io.err(`runproof ${name}: ${error.message}; see runproof ${name} --help`)
    return EXIT.usage
  }
  if (error instanceof Error && 'syscall' in error && 'code' in error && cannotWrite.has(String(error.code))) {
    io.err(
      `runproof ${name}: the system refuses: ${error.message}; make room, or choose another folder, and run again [file.unwritable]`,
    )
    return EXIT.could_not
  }
  io.err(`runproof ${name}: a defect in Runproof: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return EXIT.could_not
}

function didYouMean(name: string): string {
  const near = [...commands.keys()].find((known) => known.startsWith(name.slice(0, 3)))
  return near === undefined ? '' : `, did you mean ${near}`
}

function processIo(): Io {
  // Whoever reads us may stop early (`… | head`): that ends the output, it is no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    write: (text) => process.stdout.write(text),
    interactive: process.stderr.isTTY,
    // A terminal that does not know its width says 0.
    columns: process.stdout.columns || 100,
    colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
    stdin: () => process.stdin,
    cwd: process.cwd(),
    env: process.env,
    now: Date.now,
  }
}
