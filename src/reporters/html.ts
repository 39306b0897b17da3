/** A report as one HTML page: nothing is loaded, nothing is sent. */
import { createHash } from 'node:crypto'
import { safe } from './html/chart.js'
import { SCRIPT } from './html/script.js'
import { chainMarkup, headMarkup, pathsMarkup, poolsMarkup, tableMarkup, workersMarkup } from './html/sections.js'
import { STYLE } from './html/style.js'
import type { RunReport } from './shared/report.js'

/**
 * The text of the page. Everything that came from the run is escaped; besides, the page forbids every script but its own and
 * every connection. O(attempts + claims).
 */
export function toHtml(report: RunReport): string {
  const hash = createHash('sha256').update(SCRIPT).digest('base64')
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${safe(report.name)}: run ${safe(report.run)}</title>
<style>${STYLE}</style>
</head>
<body>
${headMarkup(report)}
<main>
${poolsMarkup(report)}
${workersMarkup(report)}
${pathsMarkup(report)}
${chainMarkup(report)}
${tableMarkup(report)}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}
