"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const told = table.closest("section").querySelector("[aria-live]");
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const best = head.dataset.best;
      const other = best === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === best ? other : best;
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const compare = head.dataset.kind === "text" ? (x, y) => x.localeCompare(y) : (x, y) => x - y;
      const rows = [...table.tBodies[0].rows].sort((first, second) => {
        const x = first.cells[column].dataset.value;
        const y = second.cells[column].dataset.value;
        // What is not defined stays last, whichever way.
        return x === "" || y === "" ? (x === "") - (y === "") : sign * compare(x, y);
      });
      table.tBodies[0].append(...rows);
      told.textContent = `Sorted by ${button.textContent.trim()}, ${order}.`;
    });
  });
}
