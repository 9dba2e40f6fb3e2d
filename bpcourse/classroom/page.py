"""The page of the report: one file that loads nothing, with a script of its own and no other."""

SCRIPT = """
const choice = name => document.getElementById(name);
const marks = document.querySelector("#marks");
const rows = () => [...marks.querySelectorAll("tbody tr")];
const heads = [...marks.querySelectorAll("thead th")];
const titles = cell => cell.dataset.title.split("; ");

/* The column of the question that was chosen; 0 for all of them. */
const column = () => Math.max(0, heads.findIndex(head =>
  head.dataset.question && head.textContent === choice("question").value));

function answers(row) {
  return column() ? [row.cells[column()]] : [...row.querySelectorAll("td[data-title]")];
}

/* Only the mistakes that somebody made in this question can be chosen. */
function offer() {
  const made = new Set(rows().flatMap(answers).flatMap(titles));
  for (const option of choice("mistake").options) {
    option.hidden = option.disabled = option.value !== "" && !made.has(option.value);
  }
  if (choice("mistake").selectedOptions[0]?.disabled) choice("mistake").value = "";
}

function show_question() {
  for (const row of marks.rows) {
    [...row.cells].forEach((cell, k) => {
      cell.hidden = column() > 0 && heads[k].dataset.question && k !== column();
    });
  }
  for (const part of document.querySelectorAll("[data-part]")) {
    part.hidden = column() > 0 && part.dataset.part !== choice("question").value;
  }
}

function filter() {
  offer();
  show_question();
  const mistake = choice("mistake").value, status = choice("status").value;
  let shown = 0;
  for (const row of rows()) {
    const fits = answers(row).some(cell =>
      (!mistake || titles(cell).includes(mistake)) &&
      (!status || cell.firstChild.textContent === status));
    row.hidden = !fits;
    document.getElementById(row.dataset.all).hidden = !fits;
    shown += fits;
  }
  choice("shown").textContent = shown + " of " + rows().length;
}

function sort(head, place) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  heads.forEach(each => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = row => row.cells[place].textContent;
  const order = (a, b) => key(a).localeCompare(key(b), undefined, {numeric: true});
  const sorted = rows().sort((a, b) => up ? order(a, b) : order(b, a));
  marks.tBodies[0].append(...sorted);
}
heads.forEach((head, place) =>
  head.firstElementChild.addEventListener("click", () => sort(head, place)));
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
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; }
p { margin: .35rem 0; }
a { color: var(--link); }
.muted, dt, small { color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0; }
.tile { flex: 1 1 7rem; padding: .4rem .9rem; background: var(--box); border-left: .3rem solid; }
.tile b { font-size: 1.4rem; margin-right: .3rem; }
.right { color: var(--right); }
.wrong { color: var(--wrong); }
.cannot { color: var(--cannot); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .6rem 0; }
dd { margin: 0; }
summary { cursor: pointer; }
.mistakes summary small { display: inline; }
.mistakes label { display: block; margin: .4rem .6rem; color: var(--link); cursor: pointer; }
.track { width: 5rem; height: .5rem; background: var(--grid); }
.bar { height: 100%; min-width: 2px; background: var(--wrong); }
.failures .bar { background: var(--cannot); }
.one { border-bottom: 1px solid var(--grid); padding: .45rem 0; }
.one :target { scroll-margin-top: 3rem; }
.one .name { font-weight: 600; margin-right: .6rem; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem;
  margin-right: .4rem; }
pre { background: var(--box); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.output { max-height: 20rem; overflow-y: auto; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--grid);
  color: var(--muted); font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--grid); }
.mistakes td:nth-child(2) { white-space: nowrap; width: 8rem; }
.mistakes td:nth-child(3) { width: 30%; }
#marks th button { all: unset; cursor: pointer; font-weight: 600; }
#marks th button:focus-visible { outline: 2px solid var(--link); }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
td small { display: block; }
.choose { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center; }
select { font: inherit; max-width: 18rem; }
[hidden] { display: none; }
@media screen { .mistakes:not(:has(.more:checked)) tr.rest { display: none; } }
@media (max-width: 34rem) {
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .4rem; }
  .mistakes thead { display: none; }
  .mistakes tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--grid); }
  .mistakes td, .mistakes td:nth-child(3) { display: block; width: auto; border: 0;
    padding: .1rem 0; }
}
@media print {
  .every, .choose, .sorts, .mistakes label { display: none; }
  .mistakes summary { list-style: none; }
  body { max-width: none; font-size: .8rem; padding: 0; color: #000; }
  h2 { margin-top: 1rem; }
  table { font-size: .68rem; }
  th, td { padding: .1rem .4rem; }
  a { color: inherit; text-decoration: none; }
  tr { break-inside: avoid; }
  .bar, .track { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  dl { font-size: .68rem; }
}
</style>
</head>
<body>
<h1>$title</h1>
<p class="muted">$answers</p>
<div class="tiles">$counts</div>
$notices
<h2>What the class gets wrong</h2>
$wrong
$failures
<h2>Who got what</h2>
<form class="choose"><label>Question <select id="question"><option value="">all</option>
$questions</select></label> <label>Mistake <select id="mistake"><option value="">any</option>
$choices</select></label> <label>Result <select id="status"><option value="">any</option>
<option>right</option><option>wrong</option><option>cannot run</option><option>not judged</option>
</select></label> <output id="shown"></output></form>
<p class="muted sorts">A click on a heading sorts by it. A name leads to all that was said, and to
the code.</p>
<div class="wide">$table</div>
<section class="every">
<h2>Every submission</h2>
$submissions
</section>
<h2>How it was judged</h2>
<dl>$facts</dl>
<footer>$note</footer>
<script>$script</script>
</body>
</html>
"""
