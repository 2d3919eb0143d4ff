import type { Act, ActParts, Part, Subject } from '../../core/model/act.ts'
import type { EventTime } from '../../core/model/time.ts'
import type { Instance } from '../../core/model/watch.ts'
import { confidenceOf } from './confidence.ts'
import type { Reading } from './connector.ts'
import type { Memory } from './read/memory.ts'
import { clip, COMMAND_LINE_LIMIT } from './subject.ts'

/** What was done and by whom, wherever and whenever: what events repeat. */
export type Deed = Part &
  Pick<Act, 'class' | 'sensor' | 'rule' | 'action' | 'target' | 'access' | 'severity' | 'effect' | 'actionTaken' | 'tags'> &
  Pick<Subject, 'uid' | 'executable' | 'executablePartial' | 'ancestors'> & {
    /** The event is incomplete, or says itself that it may be. */
    readonly isDoubtful: boolean
    /** The direction of a connection is a guess. */
    readonly isAssumed: boolean
    /** As in `ActReading`. */
    readonly countedAs?: string | null
  }

/** Where it was done. */
export type Place = Part &
  Pick<Subject, 'cluster' | 'node' | 'namespace' | 'workload' | 'pod' | 'container' | 'image' | 'onHost'> & {
    readonly instance: Instance
  }

/** The program and its arguments. */
export type Words = Part & Pick<Subject, 'commandLine'>

/** What is of one event alone. */
export type Once = Pick<Subject, 'pid'> & {
  readonly words: Words
  readonly at: EventTime | null
  /** As in `Act`; null: nobody was to be killed. */
  readonly toKill: string | null
  /** Whether nothing says whose act it was, which follows from the deed and the place's pod and host. */
  readonly isAnybodys: boolean
}

/** What a new deed or place has of a part: nothing was worked out of it yet. */
export function newPart(): Part {
  return { clean: null, known: null }
}

/** A command line as a part; null: the event has none. */
export function wordsOf(commandLine: string | null): Words {
  return { ...newPart(), commandLine: clip(commandLine, COMMAND_LINE_LIMIT) }
}

/** The reading of an event that is an act. */
export function readingOf(deed: Deed, place: Place, once: Once, memory: Memory): Reading {
  if (memory.isShared && once.toKill === null) return new SharedReading(deed, place, once)
  const { class: kind, sensor, countedAs } = deed
  const reading = { class: kind, sensor, act: actOf(deed, place, once), instance: place.instance, at: once.at }
  return countedAs === undefined ? reading : { ...reading, countedAs }
}

/** Most acts are counted by their parts: it is put together for whoever asks for it. */
class SharedReading implements ActParts {
  readonly class: Deed['class']
  readonly sensor: string
  readonly instance: Instance
  readonly at: EventTime | null
  readonly deed: Deed
  readonly place: Place
  readonly words: Words
  private readonly once: Once

  constructor(deed: Deed, place: Place, once: Once) {
    this.class = deed.class
    this.sensor = deed.sensor
    this.instance = place.instance
    this.at = once.at
    this.deed = deed
    this.place = place
    this.words = once.words
    this.once = once
  }

  get act(): Act {
    return actOf(this.deed, this.place, this.once)
  }

  get parts(): ActParts {
    return this
  }

  get countedAs(): string | null {
    return this.deed.countedAs ?? null
  }
}

function actOf(deed: Deed, place: Place, { at, pid, words, toKill, isAnybodys }: Once): Act {
  const { class: kind, sensor, rule, action, target, access, severity, effect, actionTaken, tags } = deed
  const { cluster, node, namespace, workload, pod, container, image, onHost } = place
  const { uid, executable, executablePartial, ancestors } = deed
  const where = { cluster, node, namespace, workload, pod, container, image, onHost }
  const subject = { ...where, pid, uid, executable, executablePartial, commandLine: words.commandLine, ancestors }
  const confidence = confidenceOf(deed, deed.isDoubtful || isAnybodys, deed.isAssumed)
  const done = { class: kind, sensor, rule, at, action, target, access, subject }
  const act = { ...done, severity, confidence, effect, actionTaken, tags }
  return toKill === null ? act : { ...act, toKill }
}
