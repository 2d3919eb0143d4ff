import { parseArgs } from 'node:util'
import { ask } from '../../guard/run/control.ts'
import type { RunStatus } from '../../guard/run/run.ts'
import { visibleText } from '../../lib/visible-text.ts'
import { EXIT, type Io } from '../command.ts'
import { typeWords, tierWords } from './describe.ts'
import { seenLine } from './seen.ts'
import { socketOf } from './socket.ts'

const usage = 'runproof guard status --control SOCKET [--json]'
const options = { control: { type: 'string' }, json: { type: 'boolean' } } as const

/** How a running guard is. */
export async function guardStatus(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options })
  const { status } = (await ask(socketOf(values.control, usage, io), { ask: 'status' })) as { readonly status: RunStatus }
  io.out(values.json === true ? JSON.stringify(status) : inWords(status).map(visibleText).join('\n'))
  return EXIT.ok
}

function inWords({
  at,
  startedAt,
  probe,
  policy,
  mode,
  processModes,
  stats,
  heartbeat,
  coverage,
  needs,
  records,
  alerts,
  restarts,
}: RunStatus): readonly string[] {
  const own = Object.entries(processModes).map(([name, own]) => `${name} ${own}`)
  return [
    `as of ${at.slice(0, 19)}Z, running since ${startedAt.slice(0, 19)}Z`,
    `policy      ${policy.name}, generation ${policy.generation}, sha256:${policy.digest}`,
    `mode        ${[mode, ...own].join('; ')}`,
    `sensor      ${probe}${restarts > 0 ? `, restarted ${restarts} times` : ''}`,
    `seen        ${seenLine(heartbeat)}`,
    `events      ${stats.totalEvents} checked, ${stats.unlisted.events} of processes that the policy does not list, ${stats.unresolved} not resolved`,
    `violations  ${stats.violations}, blocked ${stats.blocked}, killed ${stats.killed}`,
    `records     ${records.written} written, ${records.dropped} lost, ${records.waitingBytes} bytes wait`,
    `alerts      ${alerts.given} given, ${alerts.failed} failed, ${alerts.waiting} wait`,
    ...needs.map((type) => `coverage    ${typeWords[type]}: ${coverage.tiers[type]}, ${tierWords[coverage.tiers[type]]}`),
    ...coverage.blindSpots.filter(({ isCatalogued }) => !isCatalogued).map(({ what }) => `blind       ${what}`),
  ]
}
