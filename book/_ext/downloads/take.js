// A notebook keeps the address of the book that it is taken from: its first cell fetches the package
// there. Pages that were opened from a file have no address to give, and the link does as it is.
(() => {
  const UNKNOWN = 'book = \\"\\"'; // as it stands in the notebook's JSON

  const save = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  document.addEventListener("click", async event => {
    const link = event.target.closest?.('a[href*="downloads/"][href$=".ipynb"]');
    const plain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !plain || !location.protocol.startsWith("http")) return;
    event.preventDefault();
    const book = new URL("../..", link.href).href.replace(/\/$/, "");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.statusText);
      const text = (await answer.text()).replace(UNKNOWN, `book = \\"${book}\\"`);
      const name = link.pathname.split("/").pop();
      save(text, link.href.includes("/complete/") ? name.replace(".ipynb", "-solved.ipynb") : name);
    } catch {
      location.href = link.href;
    }
  });
})();
