// Questions that answer: numbers and orders are judged here, by the answers that stand in the page.
// A classic script: it runs from a file on disk, too.
"use strict";

(() => {
  const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

  // ---- a choice -----------------------------------------------------------------------------
  // Who walks through the answers with the arrow keys has not answered yet; Space or Enter does.
  function watchChoices(box) {
    box.addEventListener("keydown", (event) => {
      if (ARROWS.includes(event.key)) box.classList.add("waiting");
      if ([" ", "Enter"].includes(event.key)) box.classList.remove("waiting");
    });
    box.addEventListener("pointerdown", () => box.classList.remove("waiting"));
  }

  // ---- a number -----------------------------------------------------------------------------
  function watchNumber(box) {
    const field = box.querySelector(".bp-entry > input");
    const check = () => judgeNumber(box, field.value);
    box.querySelector(".bp-check").addEventListener("click", check);
    field.addEventListener("keydown", (event) => event.key === "Enter" && check());
  }

  function judgeNumber(box, text) {
    const numbers = readings(text);
    if (!numbers.length) return say(box, "Please write a number, such as 0.25, −3, 1e-4 or 1/4.");
    const answers = [...box.querySelectorAll(".bp-answers li")];
    const [right] = answers.filter((answer) => answer.querySelector(".bp-reply.right"));
    const found = [right, ...answers].find((answer) => numbers.some((n) => isNear(answer, n)));
    const other = answers.find((answer) => !("number" in answer.dataset));
    say(box, (found || other).querySelector(".bp-reply"));
  }

  // The numbers that a text can mean: 1,125 is read with a decimal and with a thousands comma.
  function readings(text) {
    const plain = text.replace(/[−–]/g, "-").replace(/\s|%$/g, "");
    const ways = [plain.replace(/,/g, ""), plain.replace(",", ".")].map(quotient);
    return ways.filter(Number.isFinite);
  }

  function quotient(text) {
    const [above, below = "1"] = text.split("/");
    return above && below ? Number(above) / Number(below) : NaN;
  }

  function isNear(answer, number) {
    const { number: wanted, tolerance } = answer.dataset;
    const rounding = 1e-9 * Math.max(1, Math.abs(wanted));
    return wanted !== undefined && Math.abs(number - wanted) <= Number(tolerance) + rounding;
  }

  // ---- an order -----------------------------------------------------------------------------
  function watchOrder(box) {
    const list = box.querySelector(".bp-steps");
    list.addEventListener("click", (event) => {
      const button = event.target.closest(".bp-move");
      if (button) move(box, list, button);
    });
    box.querySelector(".bp-check").addEventListener("click", () => judgeOrder(box, list));
    markEnds(list);
  }

  function move(box, list, button) {
    const step = button.closest("li");
    const up = button.getAttribute("aria-label") === "Up";
    const other = up ? step.previousElementSibling : step.nextElementSibling;
    if (!other) return;
    up ? other.before(step) : other.after(step);
    list.querySelectorAll(".early").forEach((each) => each.classList.remove("early"));
    button.focus();
    markEnds(list);
    say(box, `Now in place ${[...list.children].indexOf(step) + 1} of ${list.children.length}.`);
  }

  // A button at the end of the list says so and stays where it is: the keyboard's focus is on it.
  function markEnds(list) {
    for (const step of list.children) {
      const [up, down] = step.querySelectorAll(".bp-move");
      up.setAttribute("aria-disabled", String(step === list.firstElementChild));
      down.setAttribute("aria-disabled", String(step === list.lastElementChild));
    }
  }

  // The first step that is not in its place stands too early: all that come before it are right.
  function judgeOrder(box, list) {
    const place = [...list.children].findIndex((step, k) => Number(step.dataset.step) !== k);
    if (place < 0) return say(box, box.querySelector(".bp-closing"), "Right.");
    const step = list.children[place];
    step.classList.add("early");
    const right = box.querySelectorAll(".bp-answers > ol > li")[step.dataset.step];
    say(box, right.querySelector(".bp-reply"), `Too early in place ${place + 1}.`);
  }

  // ---- what is said -------------------------------------------------------------------------
  // A reply is copied with its formulas as they stand; the live region reads it out.
  function say(box, what, verdict) {
    const said = box.querySelector(".bp-said");
    if (typeof what === "string") return said.replaceChildren(element("p", what));
    const reply = what.cloneNode(true);
    if (verdict) reply.prepend(element("strong", verdict, verdictClass(what)), " ");
    said.replaceChildren(reply);
  }

  function verdictClass(what) {
    return what.matches(".bp-closing") ? "bp-verdict right" : "bp-verdict";
  }

  function element(name, text, classes = "") {
    const made = document.createElement(name);
    made.className = classes;
    made.textContent = text;
    return made;
  }

  const WATCH = { single: watchChoices, number: watchNumber, order: watchOrder };

  function start() {
    for (const box of document.querySelectorAll(".bp-question")) {
      box.classList.add("live");
      WATCH[box.dataset.kind]?.(box);
    }
  }

  // Browsers without ::details-content print a closed answer as its summary.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".bp-answers").forEach((each) => (each.open = true));
  });

  start();
})();
