/** What `check` prints for people. */
import type { PlanCheck } from '../plan/check.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import type { PairsApart } from '../plan/pairs-apart.js'
import type { Plan } from '../plan/types.js'
import { ASSUMED_MS } from '../planning/overview.js'
import type { Line } from '../reporters/shared/line.js'
import { formatCount, formatDuration, thousands } from '../reporters/shared/quantity.js'
import type { Amounts } from './amounts.js'
import { type Coverage, coverageOf } from './check-document.js'
import { countDiagnostics, diagnosticLines } from './diagnostics.js'
import type { LoadedPlan } from './load.js'
import type { UnclaimedPath } from './unclaimed.js'

/** Tasks of the critical path that are named. */
const PATH_SHOWN = 12
/** Pairs that are kept apart, and paths that nobody claims, that are named. */
const PAIRS_SHOWN = 2
const UNCLAIMED_SHOWN = 4
/** Columns of the names of the figures. */
const LABEL_WIDTH = 15

/** `ok`: as `check` answers, with or without `--strict`. */
export function checkReport(
  { check, file, sources }: LoadedPlan,
  amounts: Amounts | null,
  ok: boolean,
): readonly Line[] {
  const { plan, diagnostics } = check
  return [
    verdictLine(plan?.name ?? file, diagnostics, ok),
    ...(plan === undefined ? [] : [contentLine(coverageOf(plan), check)]),
    ...(plan === undefined || amounts === null ? [] : figureLines(amounts, plan)),
    ...diagnosticLines(diagnostics, sources),
  ]
}

function verdictLine(name: string, diagnostics: readonly Diagnostic[], ok: boolean): Line {
  const counts = countDiagnostics(diagnostics)
  const verdict = ok ? (counts === null ? 'fine' : `fine, with ${counts}`) : `refused, with ${counts}`
  return [{ text: name, style: 'bold' }, ': ', { text: verdict, style: ok ? 'green' : 'red' }]
}

function contentLine({ streams, tasks, edges }: Coverage, check: PlanCheck): Line {
  const { gates = [] } = check.plan ?? {}
  const counts = [
    formatCount(streams, 'stream'),
    formatCount(tasks, 'task'),
    ...(gates.length > 0 ? [formatCount(gates.length, 'gate')] : []),
    formatCount(edges, 'dependency', 'dependencies'),
    ...(check.ok ? [formatCount(check.compiled.waveCount, 'wave')] : []),
  ]
  return [`  ${counts.join(', ')}`]
}

function figureLines(amounts: Amounts, plan: Plan): readonly Line[] {
  const { criticalPath, criticalPathMs, workMs, unestimated, apart, unclaimed } = amounts
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
    ...(isTimed ? poolLines(amounts, plan) : []),
    ...resourceLines(plan),
    ...apartLines(apart),
    ...unclaimedLines(unclaimed),
  ]
}

function poolLines({ atBestMs, bottleneck, makespanMs }: Amounts, { pools = {} }: Plan): readonly Line[] {
  const names = Object.entries(pools).map(([name, { slots }]) => `${name} ${slots}`)
  if (names.length === 0) return []
  const why = bottleneck === null ? 'by the critical path' : `by ${bottleneck}`
  return [
    figure('slots', names.join(', ')),
    figure('at best', `${formatDuration(atBestMs)}, ${why}`),
    ...(makespanMs === null
      ? []
      : [figure('makespan', `${formatDuration(makespanMs)}, played through on these slots`)]),
  ]
}

function resourceLines({ resources = {} }: Plan): readonly Line[] {
  const names = Object.entries(resources).map(([name, resource]) => {
    if (typeof resource === 'number') return `${name} ${thousands(resource)}`
    const { capacity, perMinute } = resource
    return `${name} ${thousands(capacity)}${perMinute === undefined ? '' : ` (${thousands(perMinute)} per minute)`}`
  })
  return names.length === 0 ? [] : [figure('resources', names.join(', '))]
}

function apartLines({ pairs, isComplete }: PairsApart): readonly Line[] {
  if (pairs.length === 0) return []
  const count = `${isComplete ? '' : 'at least '}${formatCount(pairs.length, 'pair')} of tasks`
  const shown = pairs.slice(0, PAIRS_SHOWN).map(({ tasks, path }) => `${tasks.join(' and ')} (${path})`)
  return [figure('kept apart', `${count} by their claims alone: ${listed(shown, pairs.length)}`)]
}

function unclaimedLines(paths: readonly UnclaimedPath[]): readonly Line[] {
  if (paths.length === 0) return []
  const shown = paths.slice(0, UNCLAIMED_SHOWN).map(({ path, tasks }) => `${path} (${tasks.join(', ')})`)
  const count = formatCount(paths.length, 'deliverable')
  return [figure('not claimed', `${count} by whoever lists them: ${listed(shown, paths.length)}`)]
}

function listed(shown: readonly string[], total: number): string {
  const more = total - shown.length
  return [...shown, ...(more > 0 ? [`… ${thousands(more)} more`] : [])].join(', ')
}

function figure(label: string, text: string): Line {
  return [{ text: `  ${label.padEnd(LABEL_WIDTH)}`, style: 'dim' }, text]
}

function countTasks(plan: Plan): number {
  return coverageOf(plan).tasks
}
