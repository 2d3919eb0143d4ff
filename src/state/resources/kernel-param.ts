import { pick, required, value, type Kind } from './kind.ts'

export const kernelParam: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: false,
  queries: ({ name }) => [{ kind: 'kernel-param', name }],
  properties: (subject, facts) => [
    required(subject, 'value', () => pick(facts, { kind: 'kernel-param', name: subject.name }, (setting) => value(setting))),
  ],
}
