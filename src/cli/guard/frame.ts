import { visibleText } from '../../lib/visible-text.ts'
import type { GuardSeverity, Violation, ViolationType } from '../../guard/model.ts'
import { seenLine } from './seen.ts'
import type { Tier } from '../../guard/probes/probe.ts'
import type { RunStatus } from '../../guard/run/run.ts'

export type Rates = { readonly columns: number; readonly rows: number; readonly perSecond: readonly number[] }
export type FrameOptions = Rates & {
  readonly to: string
  readonly colour: boolean
  /** Newest first. */
  readonly violations: readonly Violation[]
  readonly said: readonly string[]
}

type Paint = (code: string, text: string) => string

/** One screen of a running guard: at most `rows` lines of at most `columns` characters. */
export function frame(status: RunStatus, options: FrameOptions): readonly string[] {
  const { columns, rows, colour } = options
  const paint: Paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const width = Math.max(40, columns) - 1
  const top = [
    ...head(status, options, paint, width),
    '',
    ...coverage(status, paint, width),
    '',
    ...counts(status, options, paint, width),
    '',
  ]
  const bottom = options.said.slice(-3).map((line) => paint('2', cut(line, width)))
  const room = Math.max(2, rows - top.length - bottom.length - (bottom.length > 0 ? 1 : 0))
  const middle = violations(options, paint, width, room)
  return [...top, ...middle, ...(bottom.length > 0 ? ['', ...bottom] : [])].slice(0, rows)
}

function head(
  { probe, policy, mode, processModes, startedAt, at }: RunStatus,
  { to }: FrameOptions,
  paint: Paint,
  width: number,
): readonly string[] {
  const modeColour = mode === 'enforce' ? '1;31' : mode === 'alert' ? '1;33' : '1;36'
  const others = Object.entries(processModes).map(([name, own]) => `${visibleText(name)} ${own}`)
  const title = `runproof guard   ${policy.name} ${policy.digest.slice(0, 12)}`
  return [
    `${paint('1', cut(title, width - 10))}   ${paint(modeColour, mode.toUpperCase())}`,
    cut(`${probe}, up ${lasting(startedAt, at)}, records to ${to}${others.length > 0 ? `; ${others.join(', ')}` : ''}`, width),
  ]
}

const tierColours: Readonly<Record<Tier, string>> = { prevent: '32', terminate: '33', observe: '36', sample: '33', none: '31' }

function coverage(
  { coverage: { tiers, blindSpots }, needs, heartbeat }: RunStatus,
  paint: Paint,
  width: number,
): readonly string[] {
  const parts = needs.map((type): Part => [`${type} ${tiers[type]}`, (text) => paint(tierColours[tiers[type]], text)])
  const here = blindSpots.filter(({ isCatalogued }) => !isCatalogued)
  return [
    ...fitted('coverage', parts, paint, width),
    cut(`${BEHIND}${seenLine(heartbeat)}`, width),
    ...here.slice(0, 3).map(({ what }) => paint('31', cut(`  blind    ${what}`, width))),
    ...(here.length > 3 ? [paint('31', cut(`${BEHIND}and ${here.length - 3} more: runproof guard status`, width))] : []),
  ]
}

function counts(
  { stats, records, alerts, restarts }: RunStatus,
  { perSecond }: FrameOptions,
  paint: Paint,
  width: number,
): readonly string[] {
  const { totalEvents, unlisted, violations, blocked, killed } = stats
  const types = (Object.entries(stats.byType) as [ViolationType, number][]).filter(([, count]) => count > 0)
  const rate = `${short(perSecond.at(-1) ?? 0)}/s`
  const lost = `${records.dropped === 0 ? 'none' : records.dropped} lost`
  const again = restarts > 0 ? `; sensor restarted ${restarts} times` : ''
  return [
    `${paint('1', 'events')}     ${rate}  ${spark(perSecond, Math.max(5, Math.min(60, width - 13 - rate.length)))}`,
    cut(`${BEHIND}${totalEvents} checked, ${unlisted.events} of them of processes that the policy does not list`, width),
    ...fitted(
      'violations',
      [
        [String(violations), (text) => paint(violations > 0 ? '1;31' : '32', text)],
        [`blocked ${blocked}`, plainly],
        [`killed ${killed}`, plainly],
        ...types.map(([type, count]): Part => [`${type} ${count}`, plainly]),
      ],
      paint,
      width,
    ),
    cut(
      `${BEHIND}records ${records.written} written, ${lost}; alerts ${alerts.given} given, ${alerts.failed} failed${again}`,
      width,
    ),
  ]
}

/** A word and how it is painted: colours have no width. */
type Part = readonly [string, (text: string) => string]

const plainly = (text: string): string => text
const BEHIND = ' '.repeat(11)

/** Words behind a title, on as many lines as they need. */
function fitted(title: string, parts: readonly Part[], paint: Paint, width: number): readonly string[] {
  const lines: string[] = []
  let [line, used] = [paint('1', title) + ' '.repeat(BEHIND.length - title.length), BEHIND.length]
  for (const [text, painted] of parts) {
    const isFirst = used === BEHIND.length
    if (!isFirst && used + 3 + text.length > width) {
      lines.push(line)
      ;[line, used] = [BEHIND, BEHIND.length]
    }
    const gap = used === BEHIND.length ? '' : '   '
    line += gap + painted(cut(text, width - BEHIND.length))
    used += gap.length + text.length
  }
  return [...lines, line]
}

const severityColours: Readonly<Record<GuardSeverity, string>> = { CRITICAL: '1;31', HIGH: '31', MEDIUM: '33', LOW: '2' }

function violations({ violations: newest }: FrameOptions, paint: Paint, width: number, room: number): readonly string[] {
  if (newest.length === 0) return [paint('2', 'nothing against the policy was seen yet')]
  return newest.slice(0, room).map(({ at, severity, actor, action, detail, rule }) => {
    const lead = `${at.slice(11, 19)} `
    const rest = `${visibleText(actor.name)}[${actor.pid}] ${action}: ${visibleText(detail)}  ${visibleText(rule)}`
    return `${lead}${paint(severityColours[severity], severity.padEnd(8))} ${cut(rest, width - lead.length - 9)}`
  })
}

const BARS = '▁▂▃▄▅▆▇█'

function spark(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const most = Math.max(1, ...shown)
  return shown.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((Math.max(0, value) / most) * BARS.length))]).join('')
}

function short(rate: number): string {
  return rate >= 10_000 ? `${Math.round(rate / 1000)} k` : rate >= 100 ? String(Math.round(rate)) : rate.toFixed(1)
}

function lasting(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to.slice(0, 23) + 'Z') - Date.parse(from.slice(0, 23) + 'Z')) / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
