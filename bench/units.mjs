/** Numbers and the machine, in words. */
import { availableParallelism } from 'node:os'

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Milliseconds on the clock; or, for `cpu`, those in which the main thread had the processor, which are steadier where
 * others want it too.
 */
export function stopwatch(measure) {
  if (measure !== 'cpu') return () => performance.now()
  return () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
}

/** The value that `share` of the sorted others do not exceed. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** Three digits that count. */
export function short(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Cores, runtime and day; nothing that says whose machine it is. */
export function machine() {
  const day = new Date().toISOString().slice(0, 10)
  return `Node ${process.versions.node}, ${availableParallelism()} cores, ${process.platform} ${process.arch}, ${day}`
}

/** Columns: the first to the left, the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
