// Runs Python for one page. It is started from memory, together with Pyodide's own scripts, and what
// these fetch is answered from memory as well: so a page on disk runs it as one on a server does.
const BASE = "https://pyodide.invalid/";
const held = new Map();
let python, runner;

self.fetch = async address => {
  const name = String(address.url ?? address)
    .split("/")
    .pop();
  const bytes = held.get(name);
  if (!bytes) return new Response("", { status: 404 });
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(bytes, { headers: { "content-type": type } });
};

// Pyodide asks for the list of its packages. Ours come by another way: see unpack.
const LOCK = {
  info: {
    version: "0.27.7",
    python: "3.12.7",
    platform: "emscripten_3_1_58",
    arch: "wasm32",
    abi_version: "2024_0",
  },
  packages: {},
};

async function start(files, phase) {
  for (const name of Object.keys(files)) held.set(name, files[name]);
  held.set("pyodide-lock.json", new TextEncoder().encode(JSON.stringify(LOCK)));
  const quiet = () => {};
  python = await loadPyodide({
    indexURL: BASE,
    stdout: quiet,
    stderr: quiet,
    env: { MPLBACKEND: "svg", HOME: "/home/pyodide" },
  });
  phase(1);
  unpack(files);
  held.clear();
  phase(2);
  runner = python.pyimport("runner");
  runner.prepare(null);
}

// Wheels are unpacked, Python files lie beside what runs. The rest is Pyodide itself.
function unpack(files) {
  for (const [name, bytes] of Object.entries(files)) {
    if (name.endsWith(".whl")) python.unpackArchive(bytes, "wheel");
    if (name.endsWith(".py")) python.FS.writeFile("/home/pyodide/" + name, bytes);
  }
}

self.onmessage = async ({ data: { id, files, call, args } }) => {
  const emit = (kind, text) => postMessage({ id, kind, text });
  try {
    if (files && !python) await start(files, phase => emit("phase", phase));
    else if (files) unpack(files);
    const done = call ? runner[call](...args, emit) : "null";
    postMessage({ id, done: JSON.parse(done) });
  } catch (error) {
    postMessage({
      id,
      error: String(error.message ?? error)
        .trim()
        .split("\n")
        .pop(),
    });
  }
};
