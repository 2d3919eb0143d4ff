import { given, required, type Kind } from './kind.ts'

const elsewhere = { error: 'registry keys are only supported on Windows' } as const

/** goss's unreleased branch reads the Windows registry; on the hosts that we collect from there is none, and that is an error. */
export const registryKey: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: true,
  queries: () => [],
  properties: (subject) => [
    required(subject, 'exists', () => elsewhere),
    ...given(subject, [
      ['value', () => elsewhere],
      ['type', () => elsewhere],
    ]),
  ],
}
