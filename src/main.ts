import { enableCompileCache, registerHooks } from 'node:module'

enableCompileCache()
// Our own imports name a file beside the one that imports: there is nothing to search for, and a fifth of the start-up is the search.
registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith('.') && specifier.endsWith('.ts') && context.parentURL !== undefined
    if (!isOurs) return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
  },
})

const { runCommandLine } = await import('./cli/run.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
