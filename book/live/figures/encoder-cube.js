// Eight codes of three numbers in a cube that turns; an epoch slider shows them being found.

const encoderCube = {
  name: "The eight codes of the hidden layer, in a cube",
  width: 560,
  start: data => ({ run: 0, moment: data.epochs.length - 1, turn: 24, tilt: 18 }),
  tidy: (state, data) => ({
    run: bounded(Math.round(state.run), 0, data.runs.length - 1),
    moment: bounded(Math.round(state.moment), 0, data.epochs.length - 1),
    turn: ((state.turn % 360) + 360) % 360,
    tilt: bounded(state.tilt, -80, 80),
  }),

  build(figure) {
    const { data } = figure, drawing = cubeDrawing(figure, Math.min(figure.width, 380));
    figure.add(drawing.node);
    figure.row();
    figure.choice("run", { label: "run", options: data.runs.map((run, i) => [i, run.title]) });
    figure.row();
    const show = i => data.epochs[i].toLocaleString("en");
    figure.slider("moment", { label: "epoch", min: 0, max: data.epochs.length - 1, step: 1, show });
    const play = figure.play(() => {
      if (figure.state.moment === data.epochs.length - 1) return false;
      figure.set({ moment: figure.state.moment + 1 });
    }, { label: "Watch" });
    play.node.addEventListener("click", () => {
      if (play.running && figure.state.moment === data.epochs.length - 1) figure.set({ moment: 0 });
    });
    figure.again = () => play.toggle(false);
    figure.row();
    figure.slider("turn", { label: "turn", min: 0, max: 359, step: 1, show: v => `${num(v, 0)}°` });
    figure.slider("tilt", { label: "tilt", min: -80, max: 80, step: 1, show: v => `${num(v, 0)}°` });
    return state => {
      const codes = data.runs[state.run].codes[state.moment];
      drawing.show(codes, state, data.runs[state.run].codes.slice(0, state.moment + 1));
      figure.say(cubeWords(codes, data.epochs[state.moment]));
    };
  },
};

function cubeDrawing(figure, width) {
  const height = width * 0.92, node = picture(width, height, "A cube with eight numbered points");
  const sides = svg("g"), trails = svg("g"), points = svg("g"), touch = svg("rect", { class: "touch grab", width, height });
  node.append(sides, trails, points, touch);
  let last = null;
  drag(node, touch, (x, y, first) => {
    if (!first) figure.set({ turn: figure.state.turn + (x - last[0]) * 0.6, tilt: figure.state.tilt + (y - last[1]) * 0.4 });
    last = [x, y];
  });
  const show = (codes, state, history) => {
    const place = cubeView(state, width, height);
    sides.replaceChildren(...CUBE_EDGES.map(([p, q]) => {
      const [x1, y1] = place(p), [x2, y2] = place(q);
      return svg("line", { class: "muted thin", x1, y1, x2, y2 });
    }));
    trails.replaceChildren(...codes.map((_, k) => svg("path", {
      class: "faint thin", d: "M" + history.map(each => place(each[k]).slice(0, 2).map(v => v.toFixed(1)).join(" ")).join("L"),
    })));
    const pair = cubeSameBits(codes);
    const drawn = codes.map((code, k) => ({ k, at: place(code), color: pair.includes(k) ? "orange" : "blue" }));
    drawn.sort((p, q) => p.at[2] - q.at[2]);  // the farther ones first
    points.replaceChildren(...drawn.flatMap(({ k, at: [x, y, near], color }) => [
      svg("circle", { class: `${color} fill`, cx: x, cy: y, r: 6 + 2.5 * near }),
      svg("text", { class: `${color} bold`, x: x + 10, y: y - 6, text: k + 1 }),
    ]));
  };
  return { node, show };
}

const CUBE_CORNERS = range(8).map(i => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
const CUBE_EDGES = CUBE_CORNERS.flatMap((p, i) => CUBE_CORNERS.slice(i + 1)
  .filter(q => sum(p.map((v, k) => Math.abs(v - q[k]))) === 1).map(q => [p, q]));

// Turn about the upright axis, tilt, and look from far: [x, y] on the paper and how near it is.
function cubeView({ turn, tilt }, width, height) {
  const [t, u] = [turn, tilt].map(degrees => degrees * Math.PI / 180), size = width * 0.5;
  return ([h1, h2, h3]) => {
    const [x, y, z] = [h1 - 0.5, h2 - 0.5, h3 - 0.5];
    const across = x * Math.cos(t) + y * Math.sin(t), deep = y * Math.cos(t) - x * Math.sin(t);
    const high = z * Math.cos(u) + deep * Math.sin(u), near = z * Math.sin(u) - deep * Math.cos(u);
    const scale = size * (1 + 0.18 * near);
    return [width / 2 + across * scale, height / 2 - high * scale, near];
  };
}

const cubeBits = code => code.map(v => (v >= 0.5 ? 1 : 0)).join("");

// The inputs that share their rounded code with another.
function cubeSameBits(codes) {
  const bits = codes.map(cubeBits);
  return range(codes.length).filter(k => bits.filter(other => other === bits[k]).length > 1);
}

// The two codes that are nearest to each other, and how far apart they are.
function cubeNearest(codes) {
  const pairs = codes.flatMap((p, i) => codes.slice(0, i).map((q, j) => ({
    pair: [j + 1, i + 1], distance: Math.hypot(...p.map((v, k) => v - q[k])),
  })));
  return pairs.reduce((best, each) => (each.distance < best.distance ? each : best));
}

function cubeWords(codes, epoch) {
  const count = new Set(codes.map(cubeBits)).size, { pair, distance } = cubeNearest(codes);
  const codesFound = count === 1 ? "1 code" : `${count} different codes`;
  return `Epoch ${epoch.toLocaleString("en")}: rounded to 0 and 1, the eight points make ${codesFound}.\n`
    + `Nearest to each other are ${pair[0]} and ${pair[1]}, ${fixed(distance)} apart.`;
}

define("encoder-cube", encoderCube);
