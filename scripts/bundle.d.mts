import type { Plugin } from 'esbuild'

export function importBundled<Module>(entry: string, plugins?: readonly Plugin[]): Promise<Module>
export function bundleInside(entries: Readonly<Record<string, string>>): Promise<string>
