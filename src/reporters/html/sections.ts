/** The parts of a report, one after the other. */
import { formatCount, formatDuration, formatShare, thousands } from '../shared/quantity.js'
import type { ReportAttempt, ReportLink, ReportTask, RunReport } from '../shared/report.js'
import { axisMarkup, barMarkup, laneMarkup, safe } from './chart.js'

export function headMarkup({ run, name, verdict, openedAt, makespanMs, retries, attempts, tasks }: RunReport): string {
  const succeeded = tasks.filter(({ status }) => status === 'succeeded').length
  const waited = tasks.reduce((sum, { waitedMs }) => sum + waitedMs, 0)
  const figures: readonly (readonly [string, string])[] = [
    [formatDuration(makespanMs), verdict === null ? 'so far' : 'from start to end'],
    [`${thousands(succeeded)} of ${thousands(tasks.length)}`, 'tasks succeeded'],
    [thousands(attempts.length), `attempts, ${formatCount(retries, 'retry', 'retries')}`],
    [formatDuration(waited), 'waited, all tasks together'],
  ]
  const at = `${new Date(openedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return `<header><div><h1>${safe(name)}</h1>
<p><span class="verdict ${verdict ?? 'open'}">${verdict ?? 'still open'}</span> · run ${safe(run)} · opened ${at}</p></div>
<button type="button" id="theme" data-live hidden>Light or dark</button></header>
<ul class="figures">${figures.map(([figure, what]) => `<li><b>${figure}</b>${what}</li>`).join('')}</ul>`
}

export function poolsMarkup({ pools }: RunReport): string {
  const rows = pools.map(
    ({ pool, slots, attempts, busyShare }) =>
      `<span>${safe(pool)}</span><span class="meter" aria-hidden="true"><i style="width:${Number((100 * Math.min(1, busyShare)).toFixed(1))}%"></i></span>` +
      `<span>${formatShare(busyShare)} of ${formatCount(slots, 'slot')}, ${formatCount(attempts, 'attempt')}</span>`,
  )
  return section('pools', 'How busy the pools were', `<div class="pools">${rows.join('\n')}</div>`)
}

export function workersMarkup(report: RunReport): string {
  const { lanes, attempts, tasks, makespanMs, pauses } = report
  const bars = lanes.map((): string[] => pauses.map((pause) => pauseBar(pause, makespanMs)))
  for (const attempt of attempts) bars[attempt.lane]!.push(attemptBar(attempt, tasks[attempt.task]!, makespanMs))
  const rows = lanes.map(({ worker, slot }, lane) => laneMarkup(`${worker}/${slot}`, bars[lane]!))
  const legend = [
    ['', 'succeeded'],
    ['failed', 'failed, tried again or given up'],
    ['stopped', 'told to stop'],
    ['critical', 'on the critical path'],
    ...(pauses.length > 0 ? [['pause', 'the run was paused']] : []),
  ].map(([classes, what]) => `<li><i><i class="bar ${classes}"></i></i>${what}</li>`)
  const zoom = `<p class="controls" data-live hidden><label>Zoom <input type="range" id="zoom" min="1" max="40" step="0.5" value="1"></label></p>`
  return section(
    'workers',
    'Attempts by worker',
    `${zoom}<ul class="legend">${legend.join('')}</ul>${chart('Attempts by worker', [axisMarkup(makespanMs), ...rows])}`,
  )
}

export function pathsMarkup({ paths, morePaths, attempts, tasks, makespanMs }: RunReport): string {
  if (paths.length === 0) return ''
  const rows = paths.map(({ path, holds, waitedMs }) => {
    const bars = holds.map(({ attempt, mode, from, to }) => {
      const { task } = attempts[attempt]!
      const since = from > attempts[attempt]!.from ? ', claimed while it ran' : ''
      const title = `${tasks[task]!.id} ${VERB[mode]} ${path}, ${formatDuration(from)} to ${formatDuration(to)}${since}`
      return barMarkup({ from, to, classes: mode, title, label: tasks[task]!.id, task }, makespanMs)
    })
    return laneMarkup(waitedMs > 0 ? `${path} (${formatDuration(waitedMs)})` : path, bars)
  })
  const about = `<p class="faint">Who held which path and when: <span class="legend" style="display:inline-flex"><span><i><i class="bar"></i></i>writing</span><span><i><i class="bar read"></i></i>reading</span><span><i><i class="bar integrate"></i></i>integrating</span></span>
In brackets, how long others waited for it.${morePaths > 0 ? ` ${thousands(morePaths)} more paths were claimed by several.` : ''}</p>`
  return section('claims', 'Claims', `${about}${chart('Claims', [axisMarkup(makespanMs), ...rows])}`)
}

const VERB = { write: 'writes', read: 'reads', integrate: 'integrates' } as const

const BECAUSE: { readonly [B in ReportLink['because']]: string } = {
  opening: 'nothing before it',
  dependency: 'depends on the one before',
  retry: 'tries it again',
  claim: 'the one before held its path',
  slot: 'the one before held its slot',
}

export function chainMarkup({ chain, attempts, tasks }: RunReport): string {
  if (chain.length === 0) return ''
  const links = chain.map(({ attempt, because }) => {
    const { task, attempt: number, from, to } = attempts[attempt]!
    const id = `<a href="#t${task}">${safe(tasks[task]!.id)}${number > 1 ? ` #${number}` : ''}</a>`
    return `<li>${id} <span class="faint">${formatDuration(to - from)} from ${formatDuration(from)} on · ${BECAUSE[because]}</span></li>`
  })
  const about = '<p class="faint">What the end hung on: from the last attempt back to whatever let each start.</p>'
  return section('chain', 'Critical path', `${about}<ol class="chain scroll" tabindex="0">${links.join('\n')}</ol>`)
}

/** Rows of the table that are shown at once, until all are asked for. */
export const ROWS_SHOWN = 200

/** Columns of the table, and by what they are sorted. */
const COLUMNS: readonly (readonly [string, string | null])[] = [
  ['Task', 'id'],
  ['Status', 'status'],
  ['Attempts', 'attempts'],
  ['Start', 'start'],
  ['End', 'end'],
  ['Worked', 'worked'],
  ['Waited', 'waited'],
  ['When', null],
  ['Why it waited, and what failed', null],
]

export function tableMarkup(report: RunReport): string {
  const { tasks } = report
  const statuses = [...new Set(tasks.map(({ status }) => status))].sort()
  const heads = COLUMNS.map(([title, key]) =>
    key === null
      ? `<th scope="col">${title}</th>`
      : `<th scope="col"><button type="button" data-key="${key}">${title}</button></th>`,
  )
  const controls = `<p class="controls" data-live hidden>
<label>Search <input type="search" id="search" placeholder="id, title, stream, path, reason"></label>
<label>Status <select id="status"><option value="">any</option>${statuses.map((status) => `<option>${status}</option>`).join('')}</select></label>
<label><input type="checkbox" id="critical"> critical path only</label>
<label><input type="checkbox" id="waited"> only those that waited</label>
<output id="count" aria-live="polite"></output>
<button type="button" id="all" hidden>Show all</button></p>`
  const rows = tasks.map((task, place) => rowMarkup(task, place, report))
  // Rows that nobody has asked for cost a browser more than anything else on the page.
  const others = `<noscript><style>tr[hidden] { display: table-row !important; }</style></noscript>`
  return section(
    'table',
    'Tasks',
    `${others}${controls}<div class="scroll" tabindex="0" role="region" aria-label="Tasks"><table id="tasks" data-shown="${ROWS_SHOWN}"><thead><tr>${heads.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`,
  )
}

function rowMarkup(task: ReportTask, place: number, { attempts, makespanMs }: RunReport): string {
  const own = task.attempts.map((attempt) => attempts[attempt]!)
  const start = own[0]?.from
  const end = own.at(-1)?.to
  const workedMs = own.reduce((sum, { from, to }) => sum + to - from, 0)
  const failures = own.flatMap(({ attempt, failure }) => (failure === null ? [] : [`#${attempt} ${failure}`]))
  const why = [...task.reasons, ...failures].join('; ')
  const text = [task.id, task.title ?? '', task.stream ?? '', ...task.writes, ...task.reads, why]
    .join(' ')
    .toLowerCase()
  const data = Object.entries({
    text,
    id: task.id,
    status: task.status,
    critical: task.isCritical ? 'yes' : 'no',
    attempts: own.length,
    start: start ?? -1,
    end: end ?? -1,
    worked: workedMs,
    waited: task.waitedMs,
  }).map(([name, value]) => `data-${name}="${safe(String(value))}"`)
  const waits = task.waits.map((wait) =>
    barMarkup({ ...wait, classes: 'wait', title: `waited ${formatDuration(wait.to - wait.from)}` }, makespanMs),
  )
  const bars = own.map((attempt) =>
    barMarkup({ ...attempt, classes: classesOf(attempt), title: titleOf(attempt, task) }, makespanMs),
  )
  const time = (ms: number | undefined): string => `<td class="time">${ms === undefined ? '' : formatDuration(ms)}</td>`
  return `<tr id="t${place}"${place < ROWS_SHOWN ? '' : ' hidden'} ${data.join(' ')}><td class="id">${safe(task.id)}${task.title === null ? '' : `<br><small>${safe(task.title)}</small>`}</td><td><span class="tag ${task.status}">${task.status}</span></td><td class="time">${own.length}</td>${time(start)}${time(end)}${time(workedMs)}${time(task.waitedMs > 0 ? task.waitedMs : undefined)}<td class="line"><div class="track">${waits.join('')}${bars.join('')}</div></td><td class="why">${safe(why)}</td></tr>`
}

function attemptBar(attempt: ReportAttempt, task: ReportTask, wholeMs: number): string {
  const { from, to } = attempt
  return barMarkup(
    { from, to, classes: classesOf(attempt), title: titleOf(attempt, task), label: task.id, task: attempt.task },
    wholeMs,
  )
}

function classesOf({ end, isCritical }: ReportAttempt): string {
  return [end, ...(isCritical ? ['critical'] : [])].join(' ')
}

function titleOf({ attempt, from, to, end, failure }: ReportAttempt, { id, title }: ReportTask): string {
  const name = title === null ? id : `${id} ${title}`
  return `${name}, attempt ${attempt}: ${failure ?? end}, ${formatDuration(from)} to ${formatDuration(to)}`
}

function pauseBar({ from, to }: { readonly from: number; readonly to: number }, wholeMs: number): string {
  return barMarkup({ from, to, classes: 'pause', title: 'the run was paused' }, wholeMs)
}

function chart(name: string, lanes: readonly string[]): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${name}"><div class="chart">${lanes.join('\n')}</div></div>`
}

function section(id: string, title: string, content: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`
}
