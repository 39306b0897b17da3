import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { importBundled } from '../../scripts/bundle.mjs'
import type * as testing from '../../src/testing/index.js'
import type { Edit } from './planted/bug.js'

/**
 * The testing kit in one bundle. It runs half as fast again as through the module runner of the test runner, and its core
 * can be changed on the way.
 */
export function bundledKit(edits: readonly Edit[] = []): Promise<typeof testing> {
  return importBundled<typeof testing>('src/testing/index.ts', edits.length === 0 ? [] : [replacing(edits)])
}

/** Changes source files on their way into the bundle. Each snippet must be there exactly once. */
function replacing(edits: readonly Edit[]): Plugin {
  return {
    name: 'replacing',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\](core|claims|plan)[/\\][a-z-]+\.ts$/ }, ({ path }) => {
        const ours = edits.filter(({ file }) => path.replaceAll('\\', '/').endsWith(`/src/${file}`))
        const contents = ours.reduce(replaceOnce, readFileSync(path, 'utf8'))
        return ours.length === 0 ? undefined : { contents, loader: 'ts' }
      })
    },
  }
}

function replaceOnce(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`Expected once in ${file}, found ${parts.length - 1} times: ${find}`)
  return parts.join(replace)
}
