import { falco } from './falco/connector.ts'
import { kubearmor } from './kubearmor/connector.ts'
import type { ReadableConnector } from './read/event-reader.ts'
import { runproof } from './runproof/connector.ts'
import { tetragon } from './tetragon/connector.ts'
import { tracee } from './tracee/connector.ts'

/** Every sensor that we read: one line each. The first that recognises an event reads it. */
export const connectors: readonly ReadableConnector[] = [falco, kubearmor, runproof, tetragon, tracee]
