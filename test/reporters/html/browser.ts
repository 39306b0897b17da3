/** A browser for the tests of one file; loud where there is none. */
import { existsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, it, vi } from 'vitest'

/** A browser on a machine that does much else may take its time, in ms. */
const PATIENCE_MS = 120_000
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/**
 * `CHROMIUM`, or the Chromium on PATH. Where there is neither, one test says so: skipped on a person's machine, failed where `CI`
 * is set.
 */
export async function openBrowser(): Promise<Browser | null> {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })
  const folders = (process.env.PATH ?? '').split(':')
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync)
  const executablePath = process.env.CHROMIUM ?? found
  if (executablePath === undefined) {
    const reason = 'No browser: set CHROMIUM to a Chromium or Chrome, or install one (apt-get install chromium).'
    // Not by console, which is silent about tests that pass.
    writeSync(2, `\nSKIPPED ${reason}\n`)
    it('there is a browser', (context) => {
      if (process.env.CI !== undefined) throw new Error(reason)
      context.skip(reason)
    })
    return null
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  afterAll(() => browser.close())
  return browser
}
