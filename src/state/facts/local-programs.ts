import type { Host, Run } from './host.ts'
import { openLanes } from './lanes.ts'
import { type RunOptions, runProcess } from './local-run.ts'
import { isOnPath } from './on-path.ts'
import type { CollectOptions } from './options.ts'
import { quoted, quotedAll } from './shell-word.ts'

/** Our own helpers may take this long. */
const TOOL_TIMEOUT_MS = 60_000
/** The longest list of packages that was ever seen, many times over. */
const TOOL_OUTPUT = 64 * 1024 * 1024
/** The folders that hold an administrator's programs. */
const TOOL_FOLDERS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Of one word of a command line, the kernel takes 128 KiB. */
const LONGEST_COMMAND = 100_000

export type Programs = Pick<Host, 'run' | 'shell'> & { readonly close: () => void }

/** Programs and shell commands of this machine, many at once. Close it after use. */
export function localPrograms({ dialect, limits, signal }: CollectOptions): Programs {
  const leaveRunning = dialect === 'goss'
  const lanes = openLanes({ most: limits.parallel, readingLimit: limits.reading, leaveRunning, signal })
  const tools = openLanes({ most: limits.parallel, readingLimit: TOOL_OUTPUT, leaveRunning: false, signal })
  const direct: Omit<RunOptions, 'timeoutMs'> = { leaveRunning, readingLimit: limits.reading, signal }
  let asked = 0
  return {
    run: async (argv, timeoutMs = TOOL_TIMEOUT_MS) => {
      if (!isOnPath(argv[0], toolPath())) return { kind: 'missing' }
      // A shell of its own pays off with the third program.
      const viaLane = ++asked > 2 || tools.isStarted() ? await tools.run(toolWords(argv), timeoutMs) : null
      return (
        viaLane ??
        runProcess(argv, { ...direct, leaveRunning: false, readingLimit: TOOL_OUTPUT, timeoutMs, env: toolEnvironment() })
      )
    },
    shell: async (command, timeoutMs): Promise<Run> => {
      const viaLane = command.length <= LONGEST_COMMAND ? await lanes.run(`exec sh -c ${quoted(command)}`, timeoutMs) : null
      return viaLane ?? runProcess(['sh', '-c', command], { ...direct, timeoutMs })
    },
    close: () => {
      lanes.close()
      tools.close()
    },
  }
}

function toolPath(): string {
  return `${process.env['PATH'] ?? ''}:${TOOL_FOLDERS}`
}

/** Words that we can read: messages in the C locale. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: toolPath() }
}

function toolWords(argv: readonly string[]): string {
  return `LC_ALL=C; PATH=${quoted(toolPath())}; export LC_ALL PATH; exec ${quotedAll(argv)}`
}
