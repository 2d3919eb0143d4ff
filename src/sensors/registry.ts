import { falco } from './falco/connector.ts'
import { goss } from './goss/connector.ts'
import { inspec } from './inspec/connector.ts'
import { junit } from './junit/connector.ts'
import { kubearmor } from './kubearmor/connector.ts'
import type { ReadableConnector } from './read/event-reader.ts'
import { rspec } from './rspec/connector.ts'
import { runproof } from './runproof/connector.ts'
import { sarif } from './sarif/connector.ts'
import { tetragon } from './tetragon/connector.ts'
import { tracee } from './tracee/connector.ts'
import { xccdf } from './xccdf/connector.ts'

/** Every sensor that we read, then every kind of report: one line each. The first that recognises an event reads it. */
export const connectors: readonly ReadableConnector[] = [
  ...[falco, kubearmor, runproof, tetragon, tracee],
  ...[goss, rspec, inspec, junit, sarif, xccdf],
]
