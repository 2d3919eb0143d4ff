import { textOf, objectOf } from '../fields.ts'
import type { ReportWrapper } from '../read/report.ts'
import { clip } from '../subject.ts'
import { subjectOf } from './act.ts'
import { FORMAT, headOf, timeOf } from './head.ts'

/** A report in a record of kind `report`: with the host, the moment and the workload that most reports do not name. */
export const reportWrapper: ReportWrapper = {
  begins: (head) => head.includes('"runproof"') && /"kind"\s*:\s*"report"/.test(head),
  open(event) {
    if (event['runproof'] !== FORMAT || event['kind'] !== 'report') return null
    const node = clip(textOf(event['node']))
    const given = {
      sensor: headOf(event)?.instance.sensor ?? null,
      at: timeOf(event['at']),
      node,
      subject: subjectOf(objectOf(event['subject']) ?? {}, node),
    }
    const report = event['report']
    return { given, report: typeof report === 'string' ? report : objectOf(report) }
  },
}
