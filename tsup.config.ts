import { defineConfig } from 'tsup'
import { libraryEntries, programEntries } from './scripts/entries.mjs'

const shared = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  sourcemap: true,
  // Some modules of Node, such as `node:sqlite`, have no name without it.
  removeNodeProtocol: false,
  // Modules that two entries share become one chunk, so that a class is the same whichever subpath it came through.
  splitting: true,
  // `npm run build` empties dist first; the two configurations run side by side and would empty it under each other.
  clean: false,
} as const

export default defineConfig([
  {
    ...shared,
    format: 'esm',
    entry: libraryEntries,
    dts: true,
  },
  {
    ...shared,
    format: 'cjs',
    entry: libraryEntries,
    dts: true,
  },
  {
    ...shared,
    format: 'esm',
    entry: programEntries,
    // The program starts afresh at each call. Zod is a hundred files, of which it needs a tenth: finding and reading them
    // took a fifth of a `signalbox check`. The library leaves it to its users' copy.
    noExternal: ['zod'],
    esbuildOptions: (options) => {
      options.chunkNames = 'cli/[name]-[hash]'
    },
    sourcemap: false,
  },
])
