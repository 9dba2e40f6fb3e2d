// The words between Python and the reader: a question before the first start, a strip at the bottom.
(() => {
  const AGREED = "bpcourse-python";
  const { settings, size } = bpPython;
  const megabytes = bytes => `${Math.max(1, Math.round(bytes / 1e6))} MB`;
  const onDisk = location.protocol === "file:";

  bpPython.button = (text, action, title = "") => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "bp-button", textContent: text, title });
    button.addEventListener("click", action);
    return button;
  };

  bpPython.storage = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        /* not kept */
      }
    },
    remove(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        /* nothing was kept */
      }
    },
  };

  // Resolves to true if the reader wants Python; asked once, answered for all pages. A question
  // that is still open gives way to the next one.
  let decline = () => {};
  bpPython.agreed = (place, draws = false) => {
    if (bpPython.isRunning() || bpPython.storage.get(AGREED)) return Promise.resolve(true);
    decline();
    return new Promise(answer => ask(place, draws, answer));
  };

  function ask(place, draws, answer) {
    const box = document.createElement("div"),
      text = document.createElement("p");
    const choose = wanted => () => {
      box.remove();
      decline = () => {};
      if (wanted) bpPython.storage.set(AGREED, true);
      answer(wanted);
    };
    decline = choose(false);
    box.className = "bp-ask";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Start Python");
    text.textContent = price(draws);
    const yes = bpPython.button(onDisk ? "Start Python" : "Load and run", choose(true));
    yes.classList.add("bp-main");
    box.append(text, yes, bpPython.button("Not now", choose(false)));
    place.append(box);
    yes.focus();
  }

  // What this press of a button loads: Python, and what draws only if a cell asks for it.
  function price(draws) {
    const core = size("core") + size("course"),
      figures = size("figures");
    const what = draws ? "Python with NumPy and Matplotlib" : "Python with NumPy";
    const now = megabytes(draws ? core + figures : core);
    const later = draws ? "" : `, and ${megabytes(figures)} more for a cell that draws`;
    return onDisk
      ? `${what} is read from the book's own folder (${now}${later}). ` +
          "It runs in this page. Nothing is downloaded, and nothing leaves your machine."
      : `${what} will be loaded into this page: ${now}${later}. ` +
          "Your browser keeps it for the next time. Nothing that you type leaves your machine.";
  }

  const strip = document.createElement("section"),
    words = document.createElement("span");
  const bar = document.createElement("progress");
  const stop = bpPython.button("Stop", () => bpPython.stop(), "Ends Python. What it knew is lost.");
  const restart = bpPython.button(
    "Restart",
    () => bpPython.stop("restarted"),
    "Forgets all names."
  );
  strip.className = "bp-strip";
  strip.hidden = true;
  strip.setAttribute("aria-label", "Python in this page");
  words.setAttribute("role", "status");
  bar.setAttribute("aria-label", "How much of Python is here");
  strip.append(words, bar, stop, restart);
  document.body.append(strip);

  let clock;
  function show(text, { loading = null, busy = false } = {}) {
    clearInterval(clock);
    strip.hidden = false;
    words.textContent = text;
    bar.hidden = loading === null;
    if (loading !== null) bar.value = loading;
    stop.hidden = !busy;
    restart.hidden = busy || !bpPython.isRunning();
  }

  // Seconds, while nothing else can be known.
  function count() {
    const began = Date.now();
    clock = setInterval(() => {
      strip.dataset.seconds = `${Math.round((Date.now() - began) / 1000)} s`;
    }, 1000);
  }

  const PHASES = [
    "Python starts, 1 of 3: Python itself …",
    "Python starts, 2 of 3: NumPy is unpacked …",
    "Python starts, 3 of 3: NumPy and the course's package wake up …",
  ];

  const SAID = {
    loading: ({ loaded, total }) =>
      show(`Python is coming: ${megabytes(loaded)} of ${megabytes(total)}`, {
        loading: loaded / total,
        busy: true,
      }),
    starting: ({ what, phase = 0 }) => {
      if (what) show("The drawing library starts …", { busy: true });
      else show(PHASES[phase], { loading: (phase + 1) / (PHASES.length + 1), busy: true });
      count();
    },
    ready: () => show("Python is ready."),
    running: ({ what }) => {
      show(`${what} runs …`, { busy: true });
      count();
    },
    stopped: ({ why }) =>
      show(
        why === "restarted"
          ? "Python is fresh: it knows no names. The next Run starts it."
          : why === "stopped"
            ? "Python was stopped, and what it knew is lost. The next Run starts it again."
            : `${why}. What it knew is lost. The next Run starts it again.`
      ),
    failed: ({ why }) => show(`Python could not be started: ${why}.`),
  };
  bpPython.say = news => {
    delete strip.dataset.seconds;
    SAID[news.state](news);
  };
  bpPython.listen(bpPython.say);
})();
