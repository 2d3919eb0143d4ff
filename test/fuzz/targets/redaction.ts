import { builtIn } from '../../../src/sensors/redact.ts'
import { mutateBytes, mutateLines } from '../mutate.ts'
import { bytesOf, holds, textOf, type Target } from '../target.ts'

/** `§` stands for the secret; each is one that the documented rules name, behind a blank. */
const shapes: readonly (readonly [shape: string, secret: string])[] = [
  ['--password §', 'Sw0rdfish77x'],
  ['--password=§', 'Sw0rdfish77x'],
  ['--api-key "§"', 'Sw0rdfish77x'],
  ['DB_PASSWORD=§', 'Sw0rdfish77x'],
  ['postgres://admin:§@db/x', 'Sw0rdfish77x'],
  ['§', 'AKIAIOSFODNN7EXAMPLE'],
  ['§', 'ghp_0123456789abcdefghijABCDEFGHIJ'],
  ['{"client_secret":"§"}', 'Sw0rdfish77x'],
  ['Authorization: Bearer §', 'Sw0rdfish77xSw0rdfish77x'],
]

/** A secret in a known form is taken out, whatever stands around it. Input: text before and behind, a line each, and which form. */
export const redactionTarget: Target = {
  name: 'redaction',
  quick: 800,
  prepare: () => ({
    seeds: shapes.flatMap((_, i) => [
      bytesOf(`curl -H x\nhttps://example.test\n${i}`),
      bytesOf(`mysql -u root\n--host=db\n${i}`),
      bytesOf(`a=b;c\n| sh -c 'x'\n${i}`),
    ]),
    mutate: (input, random, others) => (random.chance(0.5) ? mutateLines : mutateBytes)(input, random, others),
    check(input) {
      const [before = '', behind = '', which = ''] = textOf(input).split('\n')
      const [shape, secret] = shapes[Number.parseInt(which) % shapes.length] ?? ['--password §', 'Sw0rdfish77x']
      const text = `${before} ${shape.replace('§', secret)} ${behind}`
      const { text: clean, count } = builtIn.text(text)
      holds(!clean.includes(secret), `it stays: ${clean.slice(0, 300)}`)
      holds(count > 0, 'taken out and not counted')
      return 'taken out'
    },
  }),
}
