/** The version of the package the program came with. */
import { readFileSync } from 'node:fs'

/** How far up the package's own file may be: from `dist/` one folder, from `src/cli/` two. */
const MOST_FOLDERS = 4

export function packageVersion(): string {
  let folder = new URL('.', import.meta.url)
  for (let up = 0; up < MOST_FOLDERS; up += 1) {
    const version = versionIn(new URL('package.json', folder))
    if (version !== null) return version
    folder = new URL('..', folder)
  }
  return 'unknown'
}

function versionIn(file: URL): string | null {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: unknown; readonly version?: unknown }
    return content.name === 'signalbox' && typeof content.version === 'string' ? content.version : null
  } catch {
    return null
  }
}
