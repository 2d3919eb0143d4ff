import { setTimeout as wait } from 'node:timers/promises'
import type { AnswerOf, QueryOf } from '../model/fact.ts'
import { bytesOf } from './bytes.ts'
import type { Context } from './context.ts'
import { goDuration } from './go-duration.ts'

/** `sh -c`; asked again while it does not end with 0, as often as the author wants it. */
export async function askCommand(context: Context, ask: QueryOf<'command'>): Promise<AnswerOf<'command'>> {
  let answer = await once(context, ask)
  for (let left = ask.retries; left > 0 && !succeeded(answer); left--) {
    await wait(ask.retryDelayMs)
    answer = await once(context, ask)
  }
  return answer
}

function succeeded(answer: AnswerOf<'command'>): boolean {
  return 'value' in answer && answer.value.exitStatus === 0
}

async function once({ host }: Context, { command, timeoutMs }: QueryOf<'command'>): Promise<AnswerOf<'command'>> {
  if (command.includes('\0')) return { error: 'fork/exec /bin/sh: invalid argument' }
  const run = await host.shell(command, timeoutMs)
  switch (run.kind) {
    case 'exited':
      return { value: { exitStatus: run.status, stdout: bytesOf(run.stdout), stderr: bytesOf(run.stderr) } }
    case 'timeout':
      return { error: `Command execution timed out (${goDuration(timeoutMs)})` }
    case 'missing':
      return { error: 'exec: "sh": executable file not found in $PATH' }
    case 'failed':
      return { error: run.message }
  }
}
