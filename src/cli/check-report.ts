/** What `check` prints for people. */
import type { PlanCheck } from '../plan/check.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import type { Plan } from '../plan/types.js'
import type { Line } from '../reporters/shared/line.js'
import { formatCount, formatDuration, thousands } from '../reporters/shared/quantity.js'
import { type Coverage, coverageOf } from './check-document.js'
import { countDiagnostics, diagnosticLines } from './diagnostics.js'
import { ASSUMED_MS, type Overview, overviewOf } from './overview.js'

/** Tasks of the critical path that are named. */
const PATH_SHOWN = 12
/** Columns of the names of the figures. */
const LABEL_WIDTH = 15

/** `ok`: as `check` answers, with or without `--strict`. */
export function checkReport(check: PlanCheck, file: string, ok: boolean): readonly Line[] {
  const { plan, diagnostics } = check
  return [
    verdictLine(plan?.name ?? file, diagnostics, ok),
    ...(plan === undefined ? [] : [contentLine(coverageOf(plan), check)]),
    ...(check.ok && check.compiled.taskCount > 0 ? figureLines(overviewOf(check.compiled, check.plan), check) : []),
    ...diagnosticLines(diagnostics),
  ]
}

function verdictLine(name: string, diagnostics: readonly Diagnostic[], ok: boolean): Line {
  const counts = countDiagnostics(diagnostics)
  const verdict = ok ? (counts === null ? 'fine' : `fine, with ${counts}`) : `refused, with ${counts}`
  return [{ text: name, style: 'bold' }, ': ', { text: verdict, style: ok ? 'green' : 'red' }]
}

function contentLine({ streams, tasks, edges }: Coverage, check: PlanCheck): Line {
  const counts = [
    formatCount(streams, 'stream'),
    formatCount(tasks, 'task'),
    formatCount(edges, 'dependency', 'dependencies'),
    ...(check.ok ? [formatCount(check.compiled.waveCount, 'wave')] : []),
  ]
  return [`  ${counts.join(', ')}`]
}

function figureLines(overview: Overview, { plan, diagnostics }: PlanCheck & { readonly ok: true }): readonly Line[] {
  const { criticalPath, criticalPathMs, workMs, unestimated } = overview
  const isTimed = unestimated < countTasks(plan)
  const length = isTimed ? formatDuration(criticalPathMs) : formatCount(criticalPath.length, 'task')
  const shown = criticalPath.slice(0, PATH_SHOWN)
  const more = criticalPath.length - shown.length
  const assumed =
    unestimated === 0
      ? ''
      : ` (${formatCount(unestimated, 'task')} without estimate counted as ${formatDuration(ASSUMED_MS)})`
  return [
    figure('critical path', `${length}: ${[...shown, ...(more > 0 ? [`… ${more} more`] : [])].join(' → ')}`),
    ...(isTimed ? [figure('total work', `${formatDuration(workMs)}${assumed}`)] : []),
    ...(isTimed ? poolLines(overview, plan) : []),
    ...resourceLines(plan),
    ...apartLines(diagnostics),
  ]
}

function poolLines({ atBestMs, bottleneck }: Overview, { pools = {} }: Plan): readonly Line[] {
  const names = Object.entries(pools).map(([name, { slots }]) => `${name} ${slots}`)
  if (names.length === 0) return []
  const why = bottleneck === null ? 'by the critical path' : `by ${bottleneck}`
  return [figure('slots', names.join(', ')), figure('at best', `${formatDuration(atBestMs)}, ${why}`)]
}

function resourceLines({ resources = {} }: Plan): readonly Line[] {
  const names = Object.entries(resources).map(([name, resource]) => {
    if (typeof resource === 'number') return `${name} ${thousands(resource)}`
    const { capacity, perMinute } = resource
    return `${name} ${thousands(capacity)}${perMinute === undefined ? '' : ` (${thousands(perMinute)} per minute)`}`
  })
  return names.length === 0 ? [] : [figure('resources', names.join(', '))]
}

/** One diagnostic for each pair; one without a place counts those that are not listed. */
function apartLines(diagnostics: readonly Diagnostic[]): readonly Line[] {
  const found = diagnostics.filter(({ code }) => code === 'WILL_NOT_RUN_SIDE_BY_SIDE')
  const pairs = found.filter(({ at }) => at !== '').length
  if (pairs === 0) return []
  const others = pairs === found.length ? '' : ', and others that claim alike'
  return [
    figure(
      'kept apart',
      `${formatCount(pairs, 'pair')} of tasks whose claims meet, with nothing to order them${others}`,
    ),
  ]
}

function figure(label: string, text: string): Line {
  return [{ text: `  ${label.padEnd(LABEL_WIDTH)}`, style: 'dim' }, text]
}

function countTasks(plan: Plan): number {
  return coverageOf(plan).tasks
}
