import type { Civil } from './civil.ts'
import { chunksOf, MONTHS, WEEKDAYS } from './time-layout.ts'

/** An instant in UTC as a Go layout asks for it. */
export function formatTime(layout: string, civil: Civil): string {
  return chunksOf(layout)
    .map(({ kind, text }) => (kind === 'text' ? text : written(text, civil)))
    .join('')
}

function written(element: string, civil: Civil): string {
  const simple = writers.get(element)
  if (simple) return simple(civil)
  if (element.startsWith('Z')) return 'Z'
  if (element.startsWith('-')) return `+${element.slice(1).replace('07', '00')}`
  return fraction(element, civil)
}

function fraction(element: string, { nanosecond }: Civil): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, element.length - 1)
    .padEnd(element.length - 1, '0')
  const kept = element.charAt(1) === '9' ? digits.replace(/0+$/, '') : digits
  return kept === '' ? '' : element.charAt(0) + kept
}

const two = (value: number): string => String(value).padStart(2, '0')
const twelve = (hour: number): number => hour % 12 || 12

const writers: ReadonlyMap<string, (civil: Civil) => string> = new Map<string, (civil: Civil) => string>([
  ['2006', ({ year }) => (year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0'))],
  ['06', ({ year }) => two(Math.abs(year % 100))],
  ['January', ({ month }) => MONTHS[month - 1] ?? ''],
  ['Jan', ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3)],
  ['01', ({ month }) => two(month)],
  ['1', ({ month }) => String(month)],
  ['Monday', ({ weekday }) => WEEKDAYS[weekday] ?? ''],
  ['Mon', ({ weekday }) => (WEEKDAYS[weekday] ?? '').slice(0, 3)],
  ['02', ({ day }) => two(day)],
  ['_2', ({ day }) => String(day).padStart(2)],
  ['2', ({ day }) => String(day)],
  ['002', ({ yearDay }) => String(yearDay).padStart(3, '0')],
  ['__2', ({ yearDay }) => String(yearDay).padStart(3)],
  ['15', ({ hour }) => two(hour)],
  ['03', ({ hour }) => two(twelve(hour))],
  ['3', ({ hour }) => String(twelve(hour))],
  ['04', ({ minute }) => two(minute)],
  ['4', ({ minute }) => String(minute)],
  ['05', ({ second }) => two(second)],
  ['5', ({ second }) => String(second)],
  ['PM', ({ hour }) => (hour >= 12 ? 'PM' : 'AM')],
  ['pm', ({ hour }) => (hour >= 12 ? 'pm' : 'am')],
  ['MST', () => 'UTC'],
])
