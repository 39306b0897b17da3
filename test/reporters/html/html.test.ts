/** Reports in a browser: what they show, that the keyboard works, that nothing from a run is obeyed. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import type { JsonValue } from '../../../src/core/types.js'
import { checkPlan } from '../../../src/plan/check.js'
import { simulate } from '../../../src/planning/simulate.js'
import { reportRun } from '../../../src/report.js'
import { marksOf } from '../../../src/reporters/html/chart.js'
import { toHtml } from '../../../src/reporters/html.js'
import type { RunReport } from '../../../src/reporters/shared/report.js'
import { attempt, event, opening } from '../events.js'
import { openBrowser } from './browser.js'

const HOSTILE = `</script><img src=x onerror="window.hacked=1"><!--'"\`& \u202e</title></style>`

function reportOf(document: object): RunReport {
  const { plan, compiled, diagnostics } = checkPlan(document)
  if (plan === undefined || compiled === undefined) throw new Error(JSON.stringify(diagnostics))
  const durationOf = (task: number): number => compiled.estimateMs[task]!
  return reportRun(simulate(compiled, { pools: plan.pools ?? {}, durationOf, plan: plan as unknown as JsonValue }))
}

const example = fileURLToPath(new URL('../../../examples/plans/forty-five-workstreams.yaml', import.meta.url))
const workstreams = reportOf(parse(readFileSync(example, 'utf8')) as object)

function withHostileTexts(report: RunReport): RunReport {
  const [first, ...others] = report.tasks
  const hostile = { id: HOSTILE as never, title: HOSTILE, stream: HOSTILE, reasons: [HOSTILE], writes: [HOSTILE] }
  return {
    ...report,
    run: HOSTILE,
    name: HOSTILE,
    tasks: [{ ...first!, ...hostile }, ...others],
    pools: report.pools.map((pool) => ({ ...pool, pool: HOSTILE })),
    lanes: report.lanes.map((lane) => ({ ...lane, worker: HOSTILE as never })),
    paths: report.paths.map((path) => ({ ...path, path: HOSTILE })),
    attempts: report.attempts.map((attempt) => ({ ...attempt, failure: HOSTILE })),
  }
}

describe('the page', () => {
  it('is one file that loads nothing', () => {
    const html = toHtml(workstreams)
    const sources = [...html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"' )>]*)/g)].map(([, target]) => target!)
    expect(sources.filter((target) => !target.startsWith('#') && !target.startsWith('data:'))).toEqual([])
    expect(html).not.toMatch(/@import|https?:\/\//)
    expect(html).toBe(toHtml(workstreams))
  })

  it('has marks of round numbers, never too many', () => {
    expect(marksOf(10_000)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000])
    for (const whole of [0, 1, 7, 999, 86_400_000, 1e9, 1e14]) {
      expect(marksOf(whole)[0]).toBe(0)
      expect(marksOf(whole).length).toBeLessThanOrEqual(13)
    }
  })
})

const browser = await openBrowser()

/** The report on a page whose every complaint is collected. */
async function show(html: string, colorScheme: 'light' | 'dark' = 'light', javaScriptEnabled = true) {
  const context = await browser!.newContext({ colorScheme, javaScriptEnabled, viewport: { width: 1300, height: 900 } })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => complaints.push(`asks for ${request.url()}`))
  await page.setContent(html)
  return { page, complaints: () => complaints.filter((each) => !/asks for (?:about:|data:)/.test(each)) }
}

function rowsOf(page: Page): Promise<readonly string[]> {
  return page.locator('#tasks tbody tr:visible td.id').allInnerTexts()
}

describe.runIf(browser !== null)('in a browser', () => {
  it('shows every attempt, claim and task, without a complaint', async () => {
    const { page, complaints } = await show(toHtml(workstreams))
    expect(await page.locator('h1').innerText()).toBe('forty-five workstreams')
    expect(await page.locator('#workers a.bar').count()).toBe(workstreams.attempts.length)
    expect(await page.locator('#workers .lane:not(.axis)').count()).toBe(workstreams.lanes.length)
    expect(await page.locator('#claims .lane:not(.axis)').count()).toBe(workstreams.paths.length)
    expect(await page.locator('#chain li').count()).toBe(workstreams.chain.length)
    expect(await rowsOf(page)).toHaveLength(workstreams.tasks.length)
    // Bars of one slot follow each other, as its attempts did.
    const overlaps = await page.locator('#workers .lane:not(.axis) .track').evaluateAll((tracks) =>
      tracks.flatMap((track) => {
        const boxes = Array.from(track.querySelectorAll('a.bar'), (bar) =>
          (bar as { getBoundingClientRect(): { left: number; right: number } }).getBoundingClientRect(),
        )
        return boxes.filter((box, at) => at > 0 && box.left < boxes[at - 1]!.right - 2.5)
      }),
    )
    expect(overlaps).toEqual([])
    expect(complaints()).toEqual([])
  })

  it('shows tasks that came later, and paths from when they were claimed', async () => {
    const head = { task: 'a', attempt: 1, fence: 1 }
    const events = [
      opening({ pools: { p: { slots: 1 } }, tasks: { a: {} } }),
      event('attempt.started', 0, { ...head, worker: 'p', slot: 1 }),
      event('run.amended', 2, { amendment: { add: { tasks: { later: { claims: { write: ['docs/b.md'] } } } } } }),
      event('claim.extended', 40, { ...head, write: ['docs/**'], read: [] }),
      event('attempt.succeeded', 80, { ...head, result: null }),
      ...attempt('later', 'p', 80, 100),
      event('run.closed', 100, { verdict: 'succeeded' }),
    ]
    const { page, complaints } = await show(toHtml(reportRun(events)))
    expect(await rowsOf(page)).toEqual(['a', 'later'])
    expect(await page.locator('#workers a.bar').allInnerTexts()).toEqual(['a', 'later'])
    const band = page.locator('#claims a.bar')
    expect(await band.getAttribute('title')).toBe('a writes docs/**, 40ms to 80ms, claimed while it ran')
    expect(await band.getAttribute('style')).toContain('left:40%;width:40%')
    expect(await page.locator('#tasks tbody tr').nth(1).innerText()).toContain('docs/** held by a for 40ms')
    expect(complaints()).toEqual([])
  })

  it('searches, filters and sorts by keyboard alone', async () => {
    const { page, complaints } = await show(toHtml(workstreams))
    await page.keyboard.press('/')
    await page.keyboard.type('ws-qa work')
    expect(await rowsOf(page)).toEqual(['WS-QA01/work', 'WS-QA02/work', 'WS-QA03/work', 'WS-QA04/work'])
    expect(await page.locator('#count').innerText()).toBe(`4 of ${workstreams.tasks.length} tasks`)
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    // Status, then the two boxes.
    for (const key of ['Tab', 'Tab', 'Space']) await page.keyboard.press(key)
    const critical = workstreams.tasks.filter(({ isCritical }) => isCritical).map(({ id }) => id)
    expect((await rowsOf(page)).map((text) => text.split('\n')[0])).toEqual(critical)
    await page.keyboard.press('Space')
    // The other box and the region of the table, then its heads: by the time waited, longest first.
    for (let tabs = 0; tabs < 9; tabs += 1) await page.keyboard.press('Tab')
    expect(await page.locator(':focus').innerText()).toBe('Waited')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    expect(await page.locator('th[aria-sort=descending]').innerText()).toContain('Waited')
    const longest = workstreams.tasks.toSorted((a, b) => b.waitedMs - a.waitedMs)[0]!
    expect((await rowsOf(page))[0]).toContain(longest.id)
    expect(complaints()).toEqual([])
  })

  it('zooms, and changes between light and dark', async () => {
    const { page } = await show(toHtml(workstreams), 'dark')
    const paper = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await paper()
    await page.locator('#theme').press('Enter')
    const light = await paper()
    expect([dark, light]).toEqual(['rgb(11, 17, 32)', 'rgb(255, 255, 255)'])
    const width = (): Promise<number> =>
      page.locator('#workers .chart').evaluate((chart) => chart.getBoundingClientRect().width)
    const before = await width()
    await page.locator('#zoom').press('End')
    expect(await width()).toBeGreaterThan(20 * before)
  })

  it('obeys nothing that came from the run', async () => {
    const { page, complaints } = await show(toHtml(withHostileTexts(workstreams)))
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('script').count()).toBe(1)
    expect(await page.locator('h1').innerText()).toBe(HOSTILE.replace('\u202e', '\\u{202e}'))
    expect((await rowsOf(page))[0]).toContain('</script><img src=x')
    expect(complaints()).toEqual([])
  })

  it('runs no script but its own', async () => {
    const html = toHtml(workstreams).replace('</main>', '</main><script>window.hacked = 1</script>')
    const { page, complaints } = await show(html)
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(complaints().join()).toContain('Content Security Policy')
  })

  it('shows everything without script too', async () => {
    const { page } = await show(toHtml(workstreams), 'light', false)
    expect(await rowsOf(page)).toHaveLength(workstreams.tasks.length)
    expect(await page.locator('#search').isVisible()).toBe(false)
  })

  it('shows 5,000 tasks: some at once, all of them when they are asked for, any by a search or a bar', async () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [
        `t${at}`,
        {
          estimate: 1000 * (1 + (at % 7)),
          dependsOn: at > 40 ? [`t${at - 40}`] : [],
          claims: { write: [`f${at % 300}`] },
        },
      ]),
    )
    const report = reportOf({ pools: { p: { slots: 30 } }, tasks })
    const { page, complaints } = await show(toHtml(report))
    expect(await page.locator('#workers a.bar').count()).toBe(5_000)
    expect(await page.locator('#count').innerText()).toBe('5000 of 5000 tasks, the first 200 shown')
    expect(await rowsOf(page)).toHaveLength(200)
    await page.fill('#search', 't4999')
    expect(await rowsOf(page)).toEqual(['t4999'])
    await page.fill('#search', '')
    await page.locator('#workers a.bar[href="#t4321"]').evaluate((bar) => (bar as unknown as { click(): void }).click())
    expect(await page.locator('#t4321').isVisible()).toBe(true)
    await page.locator('#all').press('Enter')
    expect(await page.locator('#tasks tbody tr:not([hidden])').count()).toBe(5_000)
    expect(complaints()).toEqual([])
  })
})
