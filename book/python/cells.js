// Run, edit and reset the code cells of a page. What runs is what the listing shows; cells that the
// page does not show (they prepare numbers for the text) run as the build left them, in their order.
(() => {
  const { button, ask } = bpPython;
  const DRAWS = /\bmatplotlib\b|\bplt\b|\bbp\.figures\b|bpcourse\.figures/;
  const page = DOCUMENTATION_OPTIONS.pagename.split("/").pop();
  const ran = new Set();
  let plan,
    last = Promise.resolve();

  const shown = new Map(
    [...document.querySelectorAll("div.cell[class*='bp-cell-']")].map((box, i) => {
      const number = Number(box.className.match(/bp-cell-(\d+)/)[1]);
      return [number, makeCell(box, number, i + 1)];
    })
  );

  function makeCell(box, number, place) {
    const listing = box.querySelector(".cell_input"),
      highlight = listing.querySelector(".highlight");
    const original = highlight.querySelector("pre").textContent.replace(/\n$/, "");
    const solution = Boolean(box.closest(".solution"));
    const cell = {
      box,
      number,
      place,
      highlight,
      original,
      solution,
      editor: null,
      result: null,
      get code() {
        return this.editor ? this.editor.value : original;
      },
      get edited() {
        return this.code !== original;
      },
    };
    cell.bar = controls(cell);
    listing.after(cell.bar);
    return cell;
  }

  function controls(cell) {
    const bar = document.createElement("div");
    bar.className = "bp-bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", `Cell ${cell.place}`);
    cell.above = button(
      "Run all above",
      () => runAbove(cell),
      "Run every cell above, then this one."
    );
    cell.reset = button("Reset", () => reset(cell), "The book's code and the book's result.");
    cell.above.hidden = cell.reset.hidden = true;
    bar.append(
      button("Run", () => run(cell)),
      button("Edit", () => edit(cell)),
      cell.above,
      cell.reset
    );
    return bar;
  }

  function edit(cell) {
    if (!cell.editor) {
      const label = `Code of cell ${cell.place}`;
      cell.editor = bpPython.editor(cell.original, { label, run: () => run(cell) });
      cell.highlight.before(cell.editor.box);
      cell.highlight.hidden = true;
    }
    awake(cell);
    cell.editor.area.focus();
  }

  function awake(cell) {
    cell.reset.hidden = false;
    cell.above.hidden = cell.place === 1 || cell.solution;
  }

  function reset(cell) {
    cell.editor?.box.remove();
    cell.editor = null;
    cell.highlight.hidden = false;
    clear(cell);
    cell.reset.hidden = true;
    cell.bar.querySelector("button").focus();
  }

  function clear(cell) {
    cell.box.classList.remove("bp-running");
    cell.result?.remove();
    cell.result = null;
    cell.box.classList.remove("bp-replaced");
  }

  // An output that comes into the page with the first thing it has to show: until then the last
  // one stays, and until it is complete it is no lower than that one, so that the text stands still.
  function comingOutput(cell) {
    const height = cell.result?.offsetHeight ?? stored(cell)?.offsetHeight ?? 0;
    const out = makeOutput(cell);
    const { say, done } = out;
    const arrive = () => {
      if (out === cell.result) return;
      place(cell, out);
      out.style.minHeight = `${height}px`;
    };
    out.say = (...what) => {
      arrive();
      say(...what);
    };
    out.done = () => {
      arrive();
      out.style.minHeight = "";
      done();
    };
    cell.coming = out;
    cell.box.classList.add("bp-running");
    return out;
  }

  const stored = cell => cell.box.querySelector(":scope > .cell_output:not(.bp-result)");

  const makeOutput = cell =>
    bpPython.output(cell.box.querySelector("figure svg[aria-label]")?.getAttribute("aria-label"));

  function freshOutput(cell) {
    const out = makeOutput(cell);
    place(cell, out);
    return out;
  }

  // What is new takes the place of the stored output; the caption of a figure stays.
  function place(cell, out) {
    clear(cell);
    cell.result = out;
    const old = stored(cell);
    if (old) old.before(out);
    else cell.box.append(out);
    cell.box.classList.add("bp-replaced");
  }

  // The cells of the page in the notebook's order; a listing that is not on the page has its code here.
  function order() {
    plan ??= new Promise((done, failed) => {
      bpPython.page = cells =>
        done(cells.map(cell => ({ ...cell, shown: shown.get(cell.number) })));
      bpPython.script(`pages/${page}.js`).catch(failed);
    }).catch(error => {
      plan = undefined;
      throw error;
    });
    return plan;
  }

  // One after the other. After a stop nothing that waited goes on.
  function queue(job) {
    const asked = bpPython.turn();
    const mine = last
      .then(() => (asked === bpPython.turn() ? job() : null))
      .catch(error => {
        if (!error.stopped && !error.said) bpPython.say({ state: "failed", why: error.message });
      });
    last = mine;
    return mine;
  }

  bpPython.listen(({ state }) => {
    if (state !== "stopped") return;
    ran.clear();
    for (const cell of shown.values())
      if (cell.coming?.dataset.running) {
        delete cell.coming.dataset.running;
        cell.coming.say("error", "Stopped.");
        cell.coming.done();
      }
  });

  async function run(cell) {
    if (!(await bpPython.agreed(cell.bar, await drawsUpTo(cell)))) return;
    await queue(async () => {
      const above = await before(cell.number);
      await begin([...above, { shown: cell }]);
      const failed = await prepare(above.filter(each => !ran.has(each.number)));
      if (failed?.shown) return void refuse(cell, failed.shown);
      const item = (await order()).find(each => each.number === cell.number);
      await perform(item, failed, false);
      bpPython.say({ state: "ready" });
    });
  }

  async function runAbove(cell) {
    if (!(await bpPython.agreed(cell.bar, await drawsUpTo(cell)))) return;
    await queue(async () => {
      const items = (await order()).filter(
        each => each.number <= cell.number && each.run !== false
      );
      await begin(items);
      await ask("clean", []);
      ran.clear();
      for (const item of items) {
        const result = await perform(item);
        if (!result.ok && item.shown) break;
      }
      bpPython.say({ state: "ready" });
    });
  }

  const codeOf = ({ shown: cell, code }) => (cell ? cell.code : code);

  // What will be drawn with is fetched together with Python.
  async function begin(items) {
    const draws = items.some(each => DRAWS.test(codeOf(each)));
    await bpPython.fetchAll(...(draws ? ["core", "course", "figures"] : ["core", "course"]));
    await bpPython.start();
  }

  // Whether a cell, or one that runs before it, needs what draws; a page that can't be had says so
  // when it is run.
  const drawsUpTo = async cell => {
    const items = await before(cell.number).catch(() => []);
    return [...items, { shown: cell }].some(each => DRAWS.test(codeOf(each)));
  };

  const before = async number =>
    (await order()).filter(each => each.number < number && each.run !== false);

  // Run cells for what they define. A hidden one that fails need not matter: an edit may have made
  // its sentence of the text untrue. Return the visible cell that failed, or else the hidden one.
  async function prepare(items) {
    let failed = null;
    for (const item of items) {
      const result = await perform(item, null, !item.shown?.edited);
      if (!result.ok && item.shown) return item;
      if (!result.ok) failed = { item, error: result.said };
    }
    return failed;
  }

  async function perform(item, failed = null, silent = !item.shown || item.shown.solution) {
    const cell = item.shown,
      code = codeOf(item);
    if (DRAWS.test(code)) await bpPython.withFigures();
    const last = shown.get(item.number)?.place ?? shown.size;
    bpPython.say({
      state: "running",
      what: cell ? `Cell ${last} of ${shown.size}` : "A hidden cell",
    });
    const out = cell && !silent ? comingOutput(cell) : bpPython.output();
    if (cell && !silent) awake(cell);
    const name = cell ? `cell ${cell.place}` : "hidden cell";
    const again = () => ask("run", [code, name, !cell, Boolean(item.quiet), silent], out.say);
    out.dataset.running = "yes";
    let result = await again().catch(error => {
      cell?.box.classList.remove("bp-running");
      throw error;
    });
    if (result.missing === "matplotlib" && !DRAWS.test(code)) {
      await bpPython.withFigures();
      out.replaceChildren();
      result = await again();
    }
    delete out.dataset.running;
    out.done();
    ran.add(item.number);
    if (result.ok) return result;
    if (cell && silent) freshOutput(cell).replaceChildren(...out.childNodes);
    if (failed?.error)
      out.say("error", `A cell that the page does not show failed before:\n${failed.error}`);
    return { ...result, said: out.textContent };
  }

  function refuse(cell, above) {
    const out = freshOutput(cell),
      link = button(`Go to cell ${above.place}`, () => {
        above.box.scrollIntoView({ block: "center" });
        above.bar.querySelector("button").focus();
      });
    awake(cell);
    out.say("error", `Cell ${above.place} above failed, so this one was not run.`);
    out.append(link);
    bpPython.say({ state: "ready" });
  }

  // For an answer that uses a name of the page: run what stands above an element. Return whether
  // that may have helped.
  bpPython.prepareAbove = async (element, name) => {
    const items = await order();
    const above = items.filter(
      ({ shown: cell }) =>
        cell &&
        !cell.solution &&
        cell.box.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING
    );
    const wanted = items.filter(
      each => each.number <= (above.at(-1)?.number ?? -1) && !ran.has(each.number)
    );
    if (!wanted.some(each => new RegExp(`\\b${name}\\b`).test(codeOf(each)))) return false;
    return !(await prepare(wanted))?.shown;
  };
  Object.assign(bpPython, { queue, order, cells: shown });
})();
