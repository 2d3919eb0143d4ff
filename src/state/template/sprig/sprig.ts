import type { Functions } from '../functions.ts'
import { dateFunctions } from './dates.ts'
import { defaultFunctions } from './defaults.ts'
import { dictFunctions } from './dicts.ts'
import { encodingFunctions } from './encoding.ts'
import { impureFunctions } from './impure.ts'
import { listFunctions } from './lists.ts'
import { numberFunctions } from './numbers.ts'
import { pathFunctions } from './paths.ts'
import { regexFunctions } from './regexes.ts'
import { semverFunctions } from './semver.ts'
import { stringFunctions } from './strings.ts'

/** The functions of sprig 3.3 (`TxtFuncMap`). docs/formats/gossfile.md lists the ones that need leave, and the ones that only have a name. */
export const sprigFunctions: Functions = new Map([
  ...stringFunctions,
  ...numberFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...defaultFunctions,
  ...regexFunctions,
  ...pathFunctions,
  ...encodingFunctions,
  ...semverFunctions,
  ...dateFunctions,
  ...impureFunctions,
])
