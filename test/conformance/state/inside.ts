/**
 * Runs one recorded case as root of the plain Debian: its files, its setup, the fixture services, then run by run what is asked for.
 * Called with the program to run as arguments; reads /opt/case, writes /opt/out/runs.json.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Done = {
  readonly name: string
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
  /** Every file at the top of the case's folder that a run could have written: name → text. */
  readonly after: Readonly<Record<string, string>>
}

type CaseFile = {
  readonly cwd?: string
  readonly setup?: string
  readonly env?: Readonly<Record<string, string>>
  readonly fixtures?: readonly string[]
  readonly runs: readonly { readonly name: string; readonly args: readonly string[]; readonly stdin?: string }[]
}

const RUN_LIMIT_MS = 60_000
const FILE_LIMIT = 1_000_000

const [program = '', ...first] = process.argv.slice(2)
const {
  cwd = '/tmp/gossfx/case',
  setup,
  env,
  fixtures,
  runs,
} = JSON.parse(readFileSync('/opt/case/case.json', 'utf8')) as CaseFile
mkdirSync(cwd, { recursive: true })
if (existsSync('/opt/case/files')) cpSync('/opt/case/files', cwd, { recursive: true, verbatimSymlinks: true })
const environment = { ...process.env, ...env }

if (fixtures?.includes('server')) {
  cpSync('/opt/fixtures', '/tmp/gossfx/fx', { recursive: true })
  const server = spawn(process.execPath, ['server.mjs'], { cwd: '/tmp/gossfx/fx', stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => server.stdout.once('data', resolve))
}
// Background processes of the setup would hold a pipe open.
if (setup) spawnSync('sh', ['-c', setup], { cwd, env: environment, stdio: 'ignore', timeout: RUN_LIMIT_MS })

const done: Done[] = runs.map(({ name, args, stdin }) => {
  const options = {
    cwd,
    env: environment,
    input: stdin ?? '',
    timeout: RUN_LIMIT_MS,
    maxBuffer: 256 * 1024 * 1024,
    encoding: 'utf8',
  }
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], options as { encoding: 'utf8' })
  return { name, exit: status, stdout, stderr, after: filesIn(cwd) }
})
writeFileSync('/opt/out/runs.json', JSON.stringify(done))
// The fixture services would keep the event loop alive.
process.exit(0)

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => /\.(?:ya?ml|json)$/.test(name))
  const paths = names.map((name) => [name, join(folder, name)] as const)
  const files = paths.filter(([, path]) => statSync(path).isFile() && statSync(path).size < FILE_LIMIT)
  return Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path, 'utf8')]))
}
