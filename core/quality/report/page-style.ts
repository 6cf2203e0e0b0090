/** The page's colours and spaces, light and dark as the reader's system has it; no font is fetched. */
export const pageStyle = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2126;--soft:#5b6470;--rule:#e3e1dc;--good:#1a7f4b;--goodpaper:#e4f4ea;--warn:#8a5a00;--warnpaper:#fdf0d2;--bad:#b3261e;--badpaper:#fce4e1;--dull:#5b6470;--dullpaper:#ecedef;--line:#3760b8;--band:#3760b826;--code:#f4f2ee}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1c2026;--ink:#e8eaed;--soft:#a2abb6;--rule:#30363e;--good:#6fd39b;--goodpaper:#173526;--warn:#f0c060;--warnpaper:#3b2f12;--bad:#ff9d94;--badpaper:#43201d;--dull:#a2abb6;--dullpaper:#2b3037;--line:#8fb0ff;--band:#8fb0ff33;--code:#15181c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Ubuntu,sans-serif}
main,header,footer{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:28px;line-height:1.25;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:40px 0 12px}
h3{font-size:16px;margin:0;display:inline;font-weight:600}
p{margin:8px 0}
.soft{color:var(--soft)}
.facts{display:flex;flex-wrap:wrap;gap:4px 24px;margin:12px 0 0;padding:0;list-style:none;color:var(--soft);font-size:14px}
.facts b{color:var(--ink);font-weight:600}
.verdict{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;margin:24px 0 0;padding:16px 20px;border-radius:10px;border-left:6px solid currentColor}
.verdict strong{font-size:20px;white-space:nowrap}
.verdict span{color:var(--ink);flex:1 1 240px}
.good{color:var(--good);background:var(--goodpaper)}.warn{color:var(--warn);background:var(--warnpaper)}.bad{color:var(--bad);background:var(--badpaper)}.dull{color:var(--dull);background:var(--dullpaper)}
.mark{display:inline-block;padding:1px 9px;border-radius:999px;font-size:13px;font-weight:600;white-space:nowrap}
.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:10px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;padding:9px 12px;color:var(--soft);font-size:13px}
th,td{text-align:left;padding:9px 12px;border-top:1px solid var(--rule);vertical-align:top}
thead th{border-top:0;font-size:12px;font-weight:600;color:var(--soft);white-space:nowrap}
tbody th{font-weight:500}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
a{color:inherit;text-decoration-color:var(--rule);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
details{border:1px solid var(--rule);border-radius:10px;background:var(--card);margin:10px 0;padding:0 18px 0 34px}
summary{cursor:pointer;padding:13px 0;list-style-position:outside;margin-left:0}
summary .found{display:block;color:var(--soft);font-size:14px;margin-top:2px}
details[open]{padding-bottom:16px}
details .scroll{margin:12px 0}
details table{font-size:13px}
details td{white-space:nowrap;max-width:320px;overflow:hidden;text-overflow:ellipsis}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0 0 8px;font-size:14px}
dt{color:var(--soft)}dd{margin:0}
pre{margin:8px 0 0;padding:12px 14px;border-radius:8px;background:var(--code);overflow-x:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.empty{color:var(--soft);font-style:italic}
figure{margin:14px 0}
figcaption{font-size:13px;color:var(--soft);margin-bottom:4px}
svg{display:block;width:100%;height:auto;max-width:720px}
svg.spark{width:100px;height:24px}
.grid{stroke:var(--rule)}.axis{fill:var(--soft);font-size:12px;font-family:inherit}
.line{fill:none;stroke:var(--line);stroke-width:1.6;stroke-linejoin:round}
.weekday{fill:var(--card);stroke:var(--line);stroke-width:1.6}
.band{fill:var(--band)}.median{stroke:var(--line);stroke-width:2}
.last{fill:var(--line)}.last.unusual{fill:var(--bad)}
footer{padding-top:32px;padding-bottom:48px;color:var(--soft);font-size:13px}
:focus-visible{outline:2px solid var(--line);outline-offset:2px;border-radius:4px}
@media print{details{break-inside:avoid}}
`.trim();
