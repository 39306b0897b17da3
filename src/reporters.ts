/** Plans as pictures, runs as pages, for hosts of your own: `signalbox/reporters`. What prints lines is in the front door. */
export type { PastOptions } from './past.js'
export { planPicture } from './pictures.js'
export type { Picture, PictureEdge, PicturePoint, PictureStream, PictureTask } from './planning/picture.js'
export { reportRun } from './report.js'
export { toDot } from './reporters/graph/dot.js'
export { toMermaid } from './reporters/graph/mermaid.js'
export { toSvg } from './reporters/graph/svg.js'
export { toHtml } from './reporters/html.js'
export type {
  ReportAttempt,
  ReportHold,
  ReportLane,
  ReportLink,
  ReportPath,
  ReportPool,
  ReportSpan,
  ReportTask,
  RunReport,
} from './reporters/shared/report.js'
