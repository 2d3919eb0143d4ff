import { pick, required, value, type Kind } from './kind.ts'

const query = { kind: 'kernel-modules' } as const

/** Whether a module is loaded; `-` and `_` are one to the kernel. */
export const kernelModule: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: false,
  queries: () => [query],
  properties: (subject, facts) => [
    required(subject, 'loaded', () =>
      pick(facts, query, (modules) => value(modules.some((module) => plain(module) === plain(subject.name)))),
    ),
  ],
}

function plain(name: string): string {
  return name.replaceAll('-', '_')
}
