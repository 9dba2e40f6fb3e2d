// A game: one or two mistakes are planted in a backward pass, and the smear is all that is shown.

const smear = {
  name: "Guess the planted mistake from its smear",
  width: 600,
  start: () => ({ puzzle: 1, two: 0, first: "", second: "", shown: 0 }),
  tidy: (state, { names }) => ({
    puzzle: bounded(Math.round(state.puzzle), 1, 999), two: state.two ? 1 : 0, shown: state.shown ? 1 : 0,
    first: names.includes(state.first) ? state.first : "", second: names.includes(state.second) ? state.second : "",
  }),

  build(figure) {
    const { data } = figure, table = smearTable(figure);
    const options = [["", "—"], ...data.names.map(name => [name, name])];
    figure.add(table.node);
    figure.row();
    figure.choice("two", { label: "planted", options: [[0, "one mistake"], [1, "two mistakes"]] });
    figure.button("Another", () => figure.set({ puzzle: figure.state.puzzle % 999 + 1, first: "", second: "", shown: 0 }));
    figure.row();
    figure.menu("first", { label: "your guess", options });
    figure.row(state => state.two === 1);
    figure.menu("second", { label: "and", options });
    figure.row();
    figure.button("Reveal", () => figure.set({ shown: 1 }));
    return state => {
      const planted = smearPuzzle(data, state);
      table.show(planted.errors);
      figure.say(smearWords(data, state, planted));
    };
  },
};

// Which mistakes a puzzle plants: any one, or any pair that the chapter has tried.
function smearPuzzle({ names, singles, pairs }, { puzzle, two }) {
  const draw = random(1000 * two + puzzle)();
  if (!two) {
    const k = Math.floor(draw * names.length);
    return { mistakes: [names[k]], errors: singles[k] };
  }
  const { of, errors } = pairs[Math.floor(draw * pairs.length)];
  return { mistakes: of.map(k => names[k]), errors };
}

function smearTable({ data, width }) {
  const cell = [Math.min(width / data.columns.length - 6, 84), 58], left = (width - data.columns.length * (cell[0] + 6)) / 2;
  const node = picture(width, 118, "The relative error of each array, in the order in which they are computed");
  const cells = data.columns.map((name, i) => {
    const x = left + i * (cell[0] + 6) + 3, y = 34;
    const box = svg("rect", { class: "orange fill", x, y, width: cell[0], height: cell[1], rx: 4 });
    const frame = svg("rect", { class: "muted thin", x, y, width: cell[0], height: cell[1], rx: 4 });
    const plate = svg("rect", { class: "paper", x: x + 6, y: y + 17, width: cell[0] - 12, height: 24, rx: 3 });
    const value = svg("text", { x: x + cell[0] / 2, y: y + 34, "text-anchor": "middle" });
    node.append(box, frame, plate, value, svg("text", { x: x + cell[0] / 2, y: 24, "text-anchor": "middle", text: name[0] + up(name[1]) }));
    return { box, value };
  });
  node.append(svg("text", { class: "muted", x: width / 2, y: 112, "text-anchor": "middle", text: "computed first → computed last" }));
  const show = errors => errors.forEach((error, i) => {
    change(cells[i].box, { "fill-opacity": error ? 0.12 + 0.73 * Math.min(error, 1) : 0 });
    change(cells[i].value, { text: error ? fixed(error) : "right" });
  });
  return { node, show };
}

function smearWords(data, { two, first, second, shown }, { mistakes, errors }) {
  const wrong = data.columns.filter((_, i) => errors[i]).map(name => name[0] + up(name[1]));
  const smeared = `Wrong: ${wrong.join(", ")}. The numbers are relative errors.`;
  const guesses = (two ? [first, second] : [first]).filter(Boolean);
  if (!shown) return `${smeared}\nWhich ${two ? "two mistakes were" : "mistake was"} planted?`;
  const hits = new Set(guesses.filter(guess => mistakes.includes(guess))).size;
  const verdict = guesses.length === 0 ? "" : hits === mistakes.length ? "You found it. " : hits ? "One of your two is right. " : "That was not it. ";
  const like = data.names.filter((name, k) => !two && !mistakes.includes(name) && smearSameArrays(data.singles[k], errors));
  const also = like.length ? ` The same arrays are wrong with: ${like.join("; ")}. Only the numbers differ.` : "";
  return `${smeared}\n${verdict}Planted: ${mistakes.join("; and ")}.${also}`;
}

const smearSameArrays = (p, q) => p.every((v, i) => (v > 0) === (q[i] > 0));

define("smear", smear);
