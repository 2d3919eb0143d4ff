import { Html } from './markup.ts'

/** The page's only style sheet. Light is the base, dark is for screens only, and paper gets everything opened. */
export const style = new Html(`
:root{--bg:#fbfbf9;--card:#fff;--ink:#1b1d21;--quiet:#585d66;--line:#dcdcd6;--soft:#f1f1ec;--link:#1f4f99;
--pass:#17693a;--fail:#b01e1e;--review:#8a4b00;--inconclusive:#5b3fa6;--waived:#0a6170;--na:#585d66;
--observed:#7fb796;--degraded:#f2c14e;--degraded-ink:#7a4d00;--silent:#8e1b1b;--silent-ink:#f6d5d0;--out:#ecece6;--out-ink:#7d8088;
--mono:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1c1f23;--ink:#e8e8e4;--quiet:#a7abb3;--line:#363a41;--soft:#24282d;--link:#9dc1ff;
--pass:#6fcf97;--fail:#ff8a80;--review:#f5b84a;--inconclusive:#bda8ff;--waived:#6fd3e3;--na:#a7abb3;
--observed:#3f7f5b;--degraded:#d9a531;--degraded-ink:#3b2600;--silent:#ff8a80;--silent-ink:#5a0d0d;--out:#2b2f35;--out-ink:#8b9099}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
/* Letters that run right to left stay inside their own element. */
body *{unicode-bidi:isolate}
.page{max-width:1180px;margin:0 auto;padding:40px 24px 64px}
h1,h2,h3,p,ul,ol,dl,table,pre{margin:0}
h1{font-size:clamp(26px,4.5vw,38px);line-height:1.15;letter-spacing:-.015em;font-weight:650}
h2{font-size:24px;line-height:1.25;letter-spacing:-.01em;font-weight:650;margin:56px 0 12px}
h3{font-size:17px;line-height:1.4;font-weight:600}
a{color:var(--link);text-underline-offset:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
code,pre{font-family:var(--mono);font-size:.875em;unicode-bidi:isolate-override;direction:ltr}
p+p{margin-top:8px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:16px;top:16px;background:var(--card);padding:8px 12px;z-index:1}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.patterns{position:absolute}
.quiet,.slash,.basis,.formula{color:var(--quiet)}
.slash{font-weight:300}
.eyebrow{color:var(--quiet);font-size:14px;letter-spacing:.04em;margin-bottom:4px}
.window{font-size:18px;margin-top:6px}
.sample{border:2px dashed var(--review);border-radius:6px;padding:8px 14px;margin-top:16px}
.warn{border:2px solid var(--fail);border-radius:6px;padding:8px 14px;margin:12px 0;font-weight:600}
.ctl{border:1px solid var(--fail);color:var(--fail);border-radius:3px;padding:0 3px;margin:0 1px;font:600 .8em var(--mono);white-space:nowrap}
.cut,.more-rows{color:var(--review);font-weight:600}
.more-rows{margin:12px 0}
.shape{width:1.15em;height:1.15em;flex:none;vertical-align:-.2em}
.shape .solid{fill:currentColor}.shape .hollow{fill:none;stroke:currentColor;stroke-width:2}
.shape .glyph{fill:none;stroke:var(--card);stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}
.v-not_applicable .shape .glyph{stroke:currentColor}
.badge,.big{display:inline-flex;align-items:center;gap:.4em;font-weight:650;white-space:nowrap}
.badge{align-items:baseline}.badge .shape{align-self:center}
.big{font-size:clamp(38px,7vw,56px);line-height:1.1;letter-spacing:-.02em;gap:.3em}
.badge.v-pass,.big.v-pass{color:var(--pass)}.badge.v-fail,.big.v-fail{color:var(--fail)}.badge.v-review,.big.v-review{color:var(--review)}
.badge.v-inconclusive,.big.v-inconclusive{color:var(--inconclusive)}.badge.v-waived,.big.v-waived{color:var(--waived)}.badge.v-not_applicable{color:var(--na)}
.verdict{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:28px 32px;margin:24px 0 20px}
.verdict-word{margin:0}
.why{font-size:clamp(17px,2.2vw,20px);line-height:1.45;margin-top:12px;max-width:62ch}
.verdict .reasons{margin-top:12px}
.scores{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:16px 40px;margin-top:24px;padding-top:20px;border-top:1px solid var(--line)}
.score h3{font-size:14px;color:var(--quiet);font-weight:500}
.score-verdict{font-size:18px;margin:2px 0}
.ratio{display:block;width:100%;height:10px;margin-top:8px}
.ratio rect{stroke:var(--card);stroke-width:2}
.b-pass{fill:var(--observed)}.b-fail{fill:var(--fail)}.b-review{fill:var(--review)}.b-inconclusive{fill:var(--inconclusive)}.b-waived{fill:var(--waived)}.b-not_applicable{fill:var(--line)}
.formula{font-size:14px;margin-top:16px;max-width:75ch}
.facts>div{display:grid;grid-template-columns:minmax(0,170px) minmax(0,1fr);gap:2px 16px;padding:6px 0;border-top:1px solid var(--line)}
.facts>div:last-child{border-bottom:1px solid var(--line)}
.facts dt{color:var(--quiet)}.facts dd{margin:0}
.facts.tight{font-size:15px;margin-top:10px}
.facts.tight>div{border:0;padding:2px 0}
.facts.digests{margin-top:16px}
nav{margin-top:28px}
nav ul{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;padding:0}
.scroll{overflow-x:auto;margin:16px 0}
table{border-collapse:collapse;width:100%;font-size:15px}
caption{text-align:left;color:var(--quiet);font-size:14px;padding-bottom:6px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--quiet);font-size:13px;border-top:0;white-space:nowrap}
tbody tr:last-child>*{border-bottom:1px solid var(--line)}
.n{text-align:right;white-space:nowrap;padding-right:18px}
.nowrap,.state,.keep{white-space:nowrap}
.small{font-size:13px;line-height:1.45}
.overview{min-width:1040px}.overview th,.overview td{padding-right:10px}.overview thead th.n{padding:0}
.overview th[scope=row]{min-width:190px}
.overview th a{text-decoration-color:var(--line)}.overview td{font-size:14px}.overview td.small{font-size:12.5px;min-width:96px}
.totals{max-width:520px}.totals tbody tr:last-child>*{font-weight:650}
.id{color:var(--quiet);font:13px/1.45 var(--mono);unicode-bidi:isolate-override;direction:ltr}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 22px;margin-top:14px}
.card h3{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline}
.card>.id{margin-top:2px}
.card+h3{margin-top:32px}
.reasons{list-style:none;padding:0;margin-top:10px}
.reasons li+li{margin-top:8px}
.basis{display:block;font-size:13px}
.more{margin-top:12px}
.more summary{cursor:pointer;color:var(--link);padding:4px 0;width:fit-content}
.more-content{margin-bottom:8px}
.findings{list-style:none;padding:0}
.finding{padding:14px 0;border-top:1px solid var(--line)}
.act{font-size:16px}.verb{font-weight:600}
.tags{margin-top:4px;display:flex;flex-wrap:wrap;gap:4px 6px}
.tag{display:inline-block;border:1px solid var(--line);border-radius:4px;padding:0 7px;font-size:13px;font-weight:400;color:var(--quiet)}
.sev{color:var(--ink);font-weight:600}
.spared{color:var(--waived);border-color:var(--waived)}
.state-active{color:var(--waived);border-color:var(--waived)}
.samples{list-style:none;padding:10px 14px;margin-top:10px;background:var(--soft);border-radius:6px}
.samples li+li{margin-top:12px;padding-top:12px;border-top:1px solid var(--line)}
.sample-head{font-size:13px}.sample-head span{color:var(--quiet);margin-left:10px;display:inline-block}.sample-head code{color:var(--ink)}
pre{white-space:pre-wrap;margin:6px 0;max-height:24em;overflow:auto}
.command{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px 16px;margin:12px 0;font-size:16px}
.digest .tail{display:none}.digest::after{content:"…"}
.plain{list-style:none;padding:0}
.legend{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;padding:0;margin:14px 0;font-size:14px}
.swatch{width:26px;height:14px;vertical-align:-2px}
.instance{display:grid;grid-template-columns:minmax(0,230px) minmax(0,1fr);gap:2px 16px;align-items:center;padding:6px 0}
.instance p{font-size:15px;line-height:1.35}
.told{display:block;color:var(--quiet);font-size:13px}
.strip{display:block;width:100%;height:30px;border-radius:3px}
.axis{display:block;width:100%;height:18px;overflow:visible}
.axis text{font-size:12px;fill:var(--quiet)}
.axis-row{padding-top:0}.axis-row p{text-align:right;font-size:12px}
.grid{stroke:var(--bg);stroke-opacity:.55}
.s-observed{fill:var(--observed)}
.s-degraded{fill:url(#p-degraded);stroke:var(--degraded-ink);stroke-width:1.5}
.s-silent{fill:url(#p-silent);stroke:var(--silent);stroke-width:2}
.s-out_of_scope{fill:url(#p-out)}
.f-degraded{fill:var(--degraded)}.f-degraded-ink{fill:var(--degraded-ink)}
.f-silent{fill:var(--silent)}.f-silent-ink{fill:none;stroke:var(--silent-ink);stroke-width:.9}
.f-out{fill:var(--out)}.f-out-ink{fill:var(--out-ink)}
footer{margin-top:56px;padding-top:16px;border-top:1px solid var(--line);color:var(--quiet);font-size:14px}
@media screen{.more:not([open])+.more-content:not(:has(:target)){display:none}}
@media screen and (max-width:640px){.page{padding:24px 16px 48px}.verdict{padding:20px 18px}.card{padding:16px}
.facts>div{grid-template-columns:minmax(0,1fr)}.facts dt{font-size:14px}
.instance{grid-template-columns:minmax(0,1fr)}.axis-row p{display:none}.axis .minor{display:none}}
@media print{:root{--bg:#fff;--card:#fff;--soft:#fff;--line:#b5b5b0;--observed:#cfe5d6;--degraded:#ffe9ad;--degraded-ink:#4a3000}
body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.page{max-width:none;padding:0}
nav,.skip{display:none}
h1{font-size:22pt}h2{font-size:15pt;margin:20pt 0 6pt;break-after:avoid}h3{font-size:11pt;break-after:avoid}
.big{font-size:32pt}.why{font-size:12pt}.window{font-size:11pt}
table,.facts.tight,.instance p{font-size:8.5pt}.small,.overview td,.overview td.small,.basis,.told,.tag,.sample-head,caption,thead th,.id{font-size:7.5pt}
.scroll{overflow:visible}.overview{min-width:0}.overview th[scope=row]{min-width:0}.overview td.small{min-width:0}
th,td{padding:3pt 6pt 3pt 0}
thead{display:table-header-group}tr,.finding,.instance,.score,.verdict,.holds,.facts>div{break-inside:avoid}
.more,caption,thead{break-after:avoid}tbody tr:first-child,.finding:first-child{break-before:avoid}
/* Thresholds and frameworks: the control’s own card, printed opened, has them. */
.overview tr>:nth-child(7),.overview tr>:nth-child(10){display:none}.overview th[scope=row]{width:36%}h2+p{break-after:avoid}.act{font-size:10pt}.axis text{font-size:6.5pt}
.card{padding:8pt 10pt;margin-top:8pt;border-radius:4pt}
.waiver,.legend{break-inside:avoid}
.more summary{list-style:none;font-size:9pt;color:var(--quiet);font-weight:600;padding:0;break-after:avoid}
.more summary::-webkit-details-marker{display:none}
.digest .tail{display:inline}.digest::after{content:none}
pre{max-height:none}
a{color:inherit;text-decoration:none}
.samples{border:1px solid var(--line)}}
@page{size:A4;margin:16mm 15mm 18mm}
`)

/** The foot of every printed page, where the browser can: the digest that ties the paper to the signed report, and the page's number. */
export function printFooter(reportDigest: string): Html {
  // Only hex may enter the style sheet: any other text could end it.
  const shown = /^[0-9a-f]{64}$/.test(reportDigest) ? `report sha256 ${reportDigest}` : 'Runtime Assurance Report'
  const font = 'font:7pt ui-monospace,monospace;color:#585d66'
  return new Html(
    `@page{@bottom-left{content:"${shown}";${font}}@bottom-right{content:counter(page) " / " counter(pages);${font}}}\n`,
  )
}
