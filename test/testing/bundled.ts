import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { importBundled } from '../../scripts/bundle.mjs'
import type * as testing from '../../src/testing/index.js'
import type * as onDisk from './disk/simulate-on-disk.js'
import type { Edit } from './planted/bug.js'

/**
 * The testing kit in one bundle. It runs half as fast again as through the module runner of the test runner, and its core
 * can be changed on the way.
 */
export function bundledKit(edits: readonly Edit[] = []): Promise<typeof testing> {
  return bundled<typeof testing>('src/testing/index.ts', edits)
}

/** As `bundledKit`: the simulation over the file store on a simulated disk, whose store can be changed on the way. */
export function bundledDiskKit(edits: readonly Edit[] = []): Promise<typeof onDisk> {
  return bundled<typeof onDisk>('test/testing/disk/simulate-on-disk.ts', edits)
}

function bundled<T>(entry: string, edits: readonly Edit[]): Promise<T> {
  return importBundled<T>(entry, edits.length === 0 ? [] : [replacing(edits)])
}

/** Changes source files on their way into the bundle. Each snippet must be there exactly once. */
function replacing(edits: readonly Edit[]): Plugin {
  return {
    name: 'replacing',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\](core|claims|plan|stores[/\\]file)[/\\][a-z-]+\.ts$/ }, ({ path }) => {
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
