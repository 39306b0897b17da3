/** How a report looks: light and dark, on a screen and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #0b1120); --raised: light-dark(#f8fafc, #131c2f); --ink: light-dark(#0f172a, #e2e8f0);
  --faint: light-dark(#526075, #9fb0c8); --edge: light-dark(#cbd5e1, #334155); --focus: light-dark(#1d4ed8, #93c5fd);
  --good: light-dark(#2563eb, #3b82f6); --bad: light-dark(#dc2626, #ef4444); --off: light-dark(#94a3b8, #64748b);
  --wait: light-dark(#d97706, #f59e0b); --hot: light-dark(#c2410c, #fdba74); --read: light-dark(#0d9488, #2dd4bf);
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
* { box-sizing: border-box; } [hidden] { display: none; } .controls[hidden], button[hidden] { display: none !important; }
body { margin: 0 auto; padding: 1.5rem; max-width: 110rem; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; } .faint { color: var(--faint); }
header { display: flex; gap: 1rem; align-items: start; justify-content: space-between; flex-wrap: wrap; }
button, input, select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--edge);
  border-radius: 6px; padding: .3rem .6rem; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.verdict { font-weight: 600; } .verdict.succeeded { color: var(--good); } .verdict.failed, .verdict.cancelled { color: var(--bad); }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.figures li { background: var(--raised); border: 1px solid var(--edge); border-radius: 8px; padding: .5rem .9rem; min-width: 8rem; }
.figures b { display: block; font-size: 1.25rem; }
.pools { display: grid; grid-template-columns: max-content minmax(8rem, 1fr) max-content; gap: .35rem .8rem; align-items: center; max-width: 60rem; }
.meter { height: .8rem; background: var(--raised); border: 1px solid var(--edge); border-radius: 4px; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--good); }
.controls { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: .5rem 0; }
.controls label { display: inline-flex; gap: .4rem; align-items: center; }
.scroll { overflow: auto; max-height: 75vh; border: 1px solid var(--edge); border-radius: 8px; }
.chart { min-width: 100%; width: calc(15rem + (100% - 15rem) * var(--zoom, 1)); }
.lane { display: grid; grid-template-columns: 15rem 1fr; border-bottom: 1px solid color-mix(in srgb, var(--edge) 45%, transparent); }
.lane > .name { position: sticky; left: 0; z-index: 3; background: var(--paper); padding: 1px .5rem; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; border-right: 1px solid var(--edge); font-size: 12px; line-height: 20px; }
.lane.axis { position: sticky; top: 0; z-index: 4; background: var(--paper); border-bottom: 1px solid var(--edge); }
.axis .track { font-size: 11px; color: var(--faint); } .axis .track span { position: absolute; padding-left: 3px; border-left: 1px solid var(--edge); white-space: nowrap; }
.track { position: relative; height: 22px; overflow: hidden; }
.bar { position: absolute; top: 2px; bottom: 2px; min-width: 2px; border-radius: 3px; background: var(--good); color: #fff; font-size: 11px;
  line-height: 18px; text-indent: 3px; overflow: hidden; white-space: nowrap; text-decoration: none; box-shadow: inset -1px 0 0 var(--paper); }
.bar.failed { background: repeating-linear-gradient(135deg, var(--bad) 0 6px, color-mix(in srgb, var(--bad) 70%, #000) 6px 9px); }
.bar.stopped { background: var(--off); } .bar.running { background: linear-gradient(90deg, var(--good), transparent); }
.bar.read { background: var(--read); } .bar.integrate { background: var(--hot); } .bar.critical { outline: 2px solid var(--hot); outline-offset: -2px; }
.bar.wait { background: repeating-linear-gradient(135deg, color-mix(in srgb, var(--wait) 55%, transparent) 0 3px, transparent 3px 6px); top: 6px; bottom: 6px; }
.bar.pause { background: color-mix(in srgb, var(--off) 30%, transparent); top: 0; bottom: 0; border-radius: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; margin: .4rem 0; padding: 0; list-style: none; font-size: 12px; color: var(--faint); }
.legend i { position: relative; display: inline-block; width: 1.6rem; height: 12px; vertical-align: -2px; margin-right: .35rem; } .legend .bar { top: 0; bottom: 0; width: 100%; }
ol.chain { margin: 0; padding: .4rem .8rem .4rem 3rem; max-height: 22rem; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid color-mix(in srgb, var(--edge) 55%, transparent); vertical-align: top; }
thead th { position: sticky; top: 0; background: var(--paper); z-index: 4; border-bottom: 1px solid var(--edge); white-space: nowrap; }
thead button { border: 0; background: none; padding: 0; font-weight: 600; cursor: pointer; }
thead button::after { content: ""; } th[aria-sort="ascending"] button::after { content: " \\25B2"; } th[aria-sort="descending"] button::after { content: " \\25BC"; }
td.time { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } td.line { min-width: 14rem; width: 24%; padding: 1px .5rem; }
td.id { overflow-wrap: anywhere; min-width: 13rem; } td.id small, td.why { color: var(--faint); overflow-wrap: anywhere; } td.why { min-width: 14rem; font-size: 12px; }
tbody tr { scroll-margin-top: 3rem; } tr:target td { background: color-mix(in srgb, var(--focus) 18%, transparent); }
.tag { display: inline-block; border-radius: 999px; padding: 0 .5rem; border: 1px solid currentColor; font-size: 12px; }
.tag.succeeded { color: var(--good); } .tag.failed, .tag.cancelled { color: var(--bad); } .tag.skipped, .tag.waiting, .tag.running { color: var(--faint); }
@media print { .controls, header button { display: none; } .scroll { max-height: none; overflow: visible; } }
`
