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
    entry: { ...libraryEntries, ...programEntries },
    dts: { entry: libraryEntries },
  },
  {
    ...shared,
    format: 'cjs',
    entry: libraryEntries,
    dts: true,
  },
])
