/** Removes `dist/`, so that a file of an earlier build is never published. */
import { rmSync } from 'node:fs'

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
