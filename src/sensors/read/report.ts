import type { Subject } from '../../../core/model/act.ts'
import type { EventTime } from '../../../core/model/time.ts'
import type { JsonObject, Reading } from '../connector.ts'
import type { Attributes } from './xml.ts'

/** What whoever sends a report says about it, since few reports say it themselves. */
export type Given = {
  /** The name under which it counts; null: the connector's own. */
  readonly sensor: string | null
  /** When the run ended; counts where the report has no time of its own. */
  readonly at: EventTime | null
  /** The host that was looked at; beats what the report says. */
  readonly node: string | null
  /** Whose state it is, beyond the host. */
  readonly subject: Partial<Subject>
}

export const nothingGiven: Given = { sensor: null, at: null, node: null, subject: {} }

/** One result of a report, or what the run as a whole shows. `event` is the result in its own words; null when malformed. */
export type ReportRead = { readonly reading: Reading; readonly event: JsonObject | null; readonly line?: number }

/** A connector that reads reports in JSON: one document with many results. */
export type JsonReport = {
  /** Whether an element too large for an event begins like such a report; `head` are its first characters. */
  readonly begins: (head: string) => boolean
  /** Every result, in order, and what the run shows. Of an object that the connector recognises. */
  readonly read: (report: JsonObject, given: Given) => readonly ReportRead[]
}

/** A connector that reads reports in XML, element by element. */
export type XmlReport = {
  /** Whether a document with this root element is such a report. */
  readonly isRoot: (name: string) => boolean
  readonly start: (given: Given, tell: (read: ReportRead) => void) => XmlReportSink
}

export type XmlReportSink = {
  readonly open: (name: string, attributes: Attributes, line: number) => void
  readonly text: (text: string) => void
  readonly close: (name: string) => void
  /** After the root element. `whole`: false when the document broke off before. */
  readonly end: (whole: boolean) => void
}

/** A record in which a report travels, with what its sender says about it. */
export type ReportWrapper = {
  readonly begins: (head: string) => boolean
  /** Null: no such record. `report` is JSON or the text of the file; null: it is neither. */
  readonly open: (event: JsonObject) => { readonly given: Given; readonly report: JsonObject | string | null } | null
}

/** So many characters of an element are looked at to tell whether it is a report. */
export const REPORT_HEAD = 4096
