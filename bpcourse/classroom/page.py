"""The page of the report: one file that loads nothing, with a script of its own and no other."""

SCRIPT = """
const rows = () => [...document.querySelectorAll("tbody tr")];
const choice = name => document.getElementById(name).value;
const heads = [...document.querySelectorAll("thead th")];
function filter() {
  const column = heads.findIndex(head => head.textContent === choice("question"));
  let shown = 0;
  for (const row of rows()) {
    const cells = column > 0 ? [row.cells[column]] : [...row.querySelectorAll("td[data-title]")];
    const fits = cells.some(cell =>
      (!choice("mistake") || cell.dataset.title.split("; ").includes(choice("mistake"))) &&
      (!choice("status") || cell.firstChild.textContent === choice("status")));
    row.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = shown + " of " + rows().length;
}
function sort(head, column) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  heads.forEach(each => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = row => row.cells[column].textContent;
  const order = (a, b) => key(a).localeCompare(key(b), undefined, {numeric: true});
  const sorted = rows().sort((a, b) => up ? order(a, b) : order(b, a));
  document.querySelector("tbody").append(...sorted);
}
heads.forEach((head, column) => head.addEventListener("click", () => sort(head, column)));
document.querySelector("form").addEventListener("change", filter);
filter();
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-$digest'">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1f2933; --paper: #ffffff; --muted: #5a6672;
  --grid: #dde2e8; --box: #f4f6f8; --link: #0b62a8;
  --right: #0a7552; --wrong: #b84a07; --cannot: #86399c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #121212; --muted: #a2adb8; --grid: #363e47; --box: #1c2126;
    --link: #6cb6ff; --right: #4fd1a5; --wrong: #ff9d5c; --cannot: #d79df0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .35rem 0; }
a { color: var(--link); }
.muted, dt { color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; }
.tile { flex: 1 1 7rem; padding: .5rem .9rem; background: var(--box); border-left: .3rem solid; }
.tile b { font-size: 1.6rem; margin-right: .3rem; }
.tile.right, .badge.right { color: var(--right); }
.tile.wrong, .badge.wrong { color: var(--wrong); }
.tile.cannot, .badge.cannot { color: var(--cannot); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dd { margin: 0; }
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { padding: .8rem 0; border-bottom: 1px solid var(--grid); }
.track { background: var(--box); margin: .35rem 0; }
.bar { height: .7rem; min-width: 2px; background: var(--wrong); }
.cannot .bar { background: var(--cannot); }
summary { cursor: pointer; }
.bars summary { color: var(--link); }
.one { border-bottom: 1px solid var(--grid); padding: .45rem 0; }
.one :target { scroll-margin-top: 3rem; }
.one .name { font-weight: 600; margin-right: .6rem; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem;
  margin-right: .6rem; white-space: nowrap; }
.what { color: var(--muted); }
pre { background: var(--box); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.output { max-height: 20rem; overflow-y: auto; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--grid);
  color: var(--muted); font-size: .9rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--grid); }
thead th { cursor: pointer; }
th[aria-sort="ascending"]::after { content: " \\2191"; }
th[aria-sort="descending"]::after { content: " \\2193"; }
td small { display: block; color: var(--muted); }
td.right { color: var(--right); }
td.wrong { color: var(--wrong); }
td.cannot { color: var(--cannot); }
.choose { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center; }
select { font: inherit; max-width: 18rem; }
tr[hidden] { display: none; }
@media print {
  .every, .choose, .choose + p, td small, .bars details { display: none; }
  body { max-width: none; font-size: .8rem; padding: 0; }
  table { font-size: .7rem; }
  th, td { padding: .05rem .4rem; }
  tr, li { break-inside: avoid; }
}
</style>
</head>
<body>
<h1>$title</h1>
<div class="tiles">$counts</div>
<dl>$facts</dl>
<h2>What the class gets wrong</h2>
$wrong
$failures
<h2>Who got what</h2>
<form class="choose"><label>Question <select id="question"><option value="">all</option>
$questions</select></label> <label>Mistake <select id="mistake"><option value="">any</option>
$choices</select></label> <label>Result <select id="status"><option value="">any</option>
<option>right</option><option>wrong</option><option>cannot run</option><option>not judged</option>
</select></label> <output id="shown"></output></form>
<p class="muted">A click on a heading sorts by it.</p>
<div class="wide">$table</div>
<section class="every">
<h2>Every submission</h2>
$submissions
</section>
<footer>$note</footer>
<script>$script</script>
</body>
</html>
"""
