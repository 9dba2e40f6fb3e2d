// One Python for this page: its files, and its questions and answers. `settings` comes from the
// build: {cells, exercises, groups: {name: {chunks: [file], bytes}}, gzipped: [file]}.
window.bpPython = (settings => {
  const root = new URL(".", document.currentScript.src).href;
  const pieces = new Map(),
    groups = {},
    waiting = new Map(),
    listeners = [];
  let worker,
    number = 0,
    turn = 0,
    starting,
    figures;

  // Files come as classic scripts that call this: nothing else loads from a page on disk.
  function take(name, index, base64) {
    const text = atob(base64),
      bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    if (!pieces.has(name)) pieces.set(name, []);
    pieces.get(name)[index] = bytes;
  }

  function script(path) {
    return new Promise((done, failed) => {
      const tag = document.createElement("script");
      tag.src = root + path;
      tag.onload = () => {
        tag.remove();
        done();
      };
      tag.onerror = () => {
        tag.remove();
        failed(new Error(`${path} could not be loaded`));
      };
      document.head.append(tag);
    });
  }

  async function whole(name) {
    const blob = new Blob(pieces.get(name));
    pieces.delete(name);
    const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
    const raw = settings.gzipped.includes(name) ? await new Response(stream).blob() : blob;
    return new Uint8Array(await raw.arrayBuffer());
  }

  // Each group is loaded once a page, and kept: a restart asks for nothing.
  function load(group, count) {
    groups[group] ??= (async () => {
      const { chunks, files } = settings.groups[group];
      await Promise.all(
        chunks.map(async ({ path, bytes }) => {
          await script(path);
          count(bytes);
        })
      );
      const all = await Promise.all(files.map(async name => [name, await whole(name)]));
      return Object.fromEntries(all);
    })().catch(error => {
      delete groups[group];
      throw error;
    });
    return groups[group];
  }

  // Load groups together and tell how far that is.
  async function fetchAll(...names) {
    const missing = names.filter(name => !(name in groups));
    const total = missing.reduce((sum, name) => sum + size(name), 0);
    let loaded = 0;
    const count = bytes => say({ state: "loading", loaded: (loaded += bytes), total });
    if (missing.length) count(0);
    return Object.assign({}, ...(await Promise.all(names.map(name => load(name, count)))));
  }

  const size = group => settings.groups[group].chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const say = news => listeners.forEach(listener => listener(news));

  function start() {
    starting ??= (async () => {
      const began = turn,
        files = await fetchAll("core", "course");
      if (began !== turn) throw stopped("stopped");
      say({ state: "starting" });
      const scripts = ["pyodide.js", "pyodide.asm.js", "worker.js"].map(name => files[name]);
      const blob = new Blob(
        scripts.flatMap(each => [each, "\n"]),
        { type: "text/javascript" }
      );
      worker = new Worker(URL.createObjectURL(blob));
      worker.onmessage = ({ data }) => heard(data);
      worker.onerror = event => stop(`Python broke down (${event.message ?? "no reason given"})`);
      await post({ files }, (kind, phase) => say({ state: "starting", phase }));
      say({ state: "ready" });
    })().catch(error => {
      starting = undefined;
      throw failed(error);
    });
    return starting;
  }

  function withFigures() {
    figures ??= (async () => {
      await start();
      await post({ files: await fetchAll("figures") });
      say({ state: "starting", what: "figures" });
      await ask("start_figures", []);
    })().catch(error => {
      figures = undefined;
      throw failed(error);
    });
    return figures;
  }

  // Say once that something did not come; a stop says so itself.
  function failed(error) {
    if (!error.stopped && !error.said) say({ state: "failed", why: error.message });
    return Object.assign(error, { said: true });
  }

  function post(message, emit = () => {}) {
    const id = ++number;
    return new Promise((done, failed) => {
      waiting.set(id, { done, failed, emit });
      worker.postMessage({ ...message, id });
    });
  }

  function heard(data) {
    const asked = waiting.get(data.id);
    if (!asked) return;
    if (data.kind) return void asked.emit(data.kind, data.text);
    waiting.delete(data.id);
    if (data.error) asked.failed(new Error(data.error));
    else asked.done(data.done);
  }

  const stopped = why => Object.assign(new Error(why), { stopped: true });

  // There is no other way to end an endless loop: what Python knew goes with it.
  function stop(why = "stopped") {
    worker?.terminate();
    turn++;
    worker = starting = figures = undefined;
    for (const { failed } of waiting.values()) failed(stopped(why));
    waiting.clear();
    say({ state: "stopped", why });
  }

  const ask = (call, args, emit) => post({ call, args }, emit);
  return {
    settings,
    root,
    take,
    script,
    size,
    fetchAll,
    start,
    withFigures,
    ask,
    stop,
    listen: listener => listeners.push(listener),
    isRunning: () => Boolean(worker),
    turn: () => turn,
  };
})(window.bpPythonSettings);
