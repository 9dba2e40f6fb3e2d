// Answers to exercises: a field with the signature, a judge, and what is remembered of it. It is
// remembered in this browser only: {page: {exercise: {code, right}}}.
(() => {
  const KEY = "bpcourse-progress",
    { button, storage } = bpPython;
  const page = DOCUMENTATION_OPTIONS.pagename.split("/").pop();
  const read = () => storage.get(KEY) ?? {};

  function remember(exercise, what) {
    const all = read();
    all[page] = { ...all[page], [exercise]: { ...all[page]?.[exercise], ...what } };
    storage.set(KEY, all);
    document.dispatchEvent(new Event("bpcourse-progress"));
  }

  function answer(place) {
    const { exercise, check } = place.dataset,
      signature = place.textContent.trim();
    const kept = read()[page]?.[exercise] ?? {},
      result = document.createElement("div");
    const title = document.createElement("p"),
      mark = document.createElement("span");
    const bar = document.createElement("div");
    result.setAttribute("role", "status");
    title.className = "bp-answer-title";
    title.append("Your answer", mark);
    bar.className = "bp-bar";
    const show = right => {
      mark.textContent = right ? " ✓ right" : "";
      mark.className = right ? "bp-right" : "";
    };
    const judge = () =>
      ask(editor, check, result, bar, place, right => {
        remember(exercise, {
          code: editor.value,
          right: right || Boolean(read()[page]?.[exercise]?.right),
        });
        show(read()[page][exercise].right);
      });
    const editor = bpPython.editor(kept.code ?? signature, {
      label: "Your answer, as Python code",
      run: judge,
      changed: code => remember(exercise, { code }),
    });
    const again = () => {
      editor.value = signature;
      remember(exercise, { code: signature });
      result.replaceChildren();
    };
    bar.append(button("Check", judge), button("Start over", again, "Back to the signature."));
    place.replaceChildren(title, editor.box, bar, result);
    place.hidden = false;
    show(kept.right);
    // The listing of a bug hunt need not stand a second time below its field.
    for (const cell of document.querySelectorAll(`.bp-same-${exercise}`))
      cell.classList.add("bp-in-the-field");
  }

  async function ask(editor, question, result, bar, place, done) {
    if (!(await bpPython.agreed(bar))) return;
    await bpPython.queue(async () => {
      await bpPython.start();
      bpPython.say({ state: "running", what: "The check" });
      let out, found;
      for (const prepared of [false, true]) {
        out = bpPython.output();
        found = await bpPython.ask("check", [editor.value, question], out.say);
        if (!found.missing || prepared) break;
        if (found.missing === "matplotlib") await bpPython.withFigures();
        else if (!(await bpPython.prepareAbove(place, found.missing))) break;
      }
      const verdicts = found.verdicts ?? [];
      out.append(...verdicts.map(bpPython.verdict));
      result.replaceChildren(out);
      done(verdicts.length > 0 && verdicts.every(({ status }) => status === "right"));
      bpPython.say({ state: "ready" });
    });
  }

  // Marks beside the chapters, in the side bar.
  function count(all, name) {
    const of = bpPython.settings.exercises[name] ?? [];
    return { right: of.filter(each => all[name]?.[each]?.right).length, total: of.length };
  }

  function mark() {
    const all = read();
    for (const link of document.querySelectorAll(".bd-sidebar-primary .bd-links a[href]")) {
      const name =
        link.href
          .replace(/[#?].*/, "")
          .split("/")
          .pop()
          .replace(/\.html$/, "") || DOCUMENTATION_OPTIONS.pagename.split("/").pop();
      const { right, total } = count(all, name);
      link.querySelector(".bp-done")?.remove();
      if (!right) continue;
      const badge = document.createElement("span");
      badge.className = "bp-done";
      badge.title = `${right} of ${total} exercises right`;
      badge.textContent = ` ${right}/${total}`;
      link.append(badge);
    }
    overview(all);
  }

  // The start page's list; there is none before something is right.
  function overview(all) {
    const place = document.getElementById("bp-progress");
    if (!place) return;
    const names = Object.keys(bpPython.settings.exercises);
    const counts = names.map(name => [name, count(all, name)]).filter(([, { right }]) => right);
    place.hidden = !Object.keys(all).length;
    const list = document.createElement("ul");
    for (const [name, { right, total }] of counts) list.append(entry(name, right, total));
    const head = Object.assign(document.createElement("p"), {
      className: "bp-answer-title",
      textContent: counts.length
        ? "Exercises that you have solved"
        : "You have begun an exercise; none is solved yet.",
    });
    const note = Object.assign(document.createElement("p"), {
      className: "bp-hint",
      textContent: "This is kept in your browser, and nowhere else.",
    });
    const bar = document.createElement("div");
    bar.className = "bp-bar";
    bar.append(
      button("Save to a file", save),
      button("Read from a file", open),
      button("Erase", erase)
    );
    place.replaceChildren(head, list, bar, note);
  }

  function entry(name, right, total) {
    const item = document.createElement("li"),
      link = document.createElement("a");
    const bar = Object.assign(document.createElement("progress"), { max: total, value: right });
    const title = document.querySelector(`.bd-sidebar-primary a[href$="${name}.html"]`);
    link.href = new URL(`../../book/${name}.html`, bpPython.root).href;
    link.textContent = title?.firstChild.textContent.trim() ?? name;
    bar.setAttribute("aria-label", `${right} of ${total} exercises right`);
    item.append(link, " ", bar, ` ${right} of ${total}`);
    return item;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(read(), null, 1)], { type: "application/json" })
    );
    link.download = "backpropagation-progress.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function open() {
    const field = Object.assign(document.createElement("input"), { type: "file", accept: ".json" });
    field.addEventListener("change", async () => {
      try {
        storage.set(KEY, merged(read(), JSON.parse(await field.files[0].text())));
      } catch {
        alert("This file can't be read.");
      }
      mark();
    });
    field.click();
  }

  // What is right here or there is right; the code is that of the file.
  function merged(here, there) {
    const all = { ...here };
    for (const [name, entries] of Object.entries(there)) {
      all[name] = { ...all[name] };
      for (const [exercise, { code, right }] of Object.entries(entries)) {
        const known = all[name][exercise];
        all[name][exercise] = {
          code: String(code ?? known?.code ?? ""),
          right: Boolean(right || known?.right),
        };
      }
    }
    return all;
  }

  function erase() {
    if (!confirm("Forget all answers, and which exercises are right?")) return;
    storage.remove(KEY);
    mark();
  }

  document.querySelectorAll(".bp-answer").forEach(answer);
  document.addEventListener("bpcourse-progress", mark);
  window.addEventListener("storage", mark);
  mark();
})();
