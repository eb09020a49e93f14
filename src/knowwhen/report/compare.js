// The table of changed replies. Texts come from models: they reach the page as textContent only.
(() => {
  const PAGE = 50;
  const PRINT = 100;

  const byId = (id) => document.getElementById(id);
  if (!byId("browser")) return; // nothing changed: no table
  const data = JSON.parse(byId("data").textContent);
  const rows = data.rows.map((row) => ({ ...row, item: data.items[row.item] }));

  // ---- filters ----

  const facets = [
    { id: "kind", of: (row) => row.kind, options: Object.entries(data.kinds) },
    { id: "scenario", of: (row) => row.item.scenario, options: distinct((row) => row.item.scenario) },
    { id: "run", of: (row) => String(row.run), options: data.runs.map((name, k) => [String(k), name]) },
  ];

  function distinct(of) {
    return [...new Set(rows.map(of))].sort().map((value) => [value, value]);
  }

  function words(row) {
    row.words ??= [row.item.question, row.item.id, row.before.reply, row.before.why, row.after.reply, row.after.why]
      .join("\n").toLowerCase();
    return row.words;
  }

  function select() {
    const sought = byId("text").value.trim().toLowerCase();
    const choices = facets.map((facet) => byId(facet.id).value);
    const counts = facets.map(() => new Map());
    const found = [];
    for (const row of rows) {
      if (sought && !words(row).includes(sought)) continue;
      const misses = facets.flatMap((facet, k) => (choices[k] === "" || choices[k] === facet.of(row) ? [] : [k]));
      if (misses.length === 0) found.push(row);
      // An option's count is what choosing it would show: all other filters hold.
      facets.forEach((facet, k) => {
        if (misses.every((miss) => miss === k)) counts[k].set(facet.of(row), (counts[k].get(facet.of(row)) ?? 0) + 1);
      });
    }
    facets.forEach((facet, k) => {
      for (const option of byId(facet.id).options) {
        const values = option.value === "" ? [...counts[k].values()] : [counts[k].get(option.value) ?? 0];
        option.textContent = `${option.dataset.name} (${values.reduce((a, b) => a + b, 0)})`;
      }
    });
    return found;
  }

  // ---- rows ----

  function questionCell(row) {
    const item = row.item;
    const tags = make("p", { class: "tags" }, make("span", { class: "tag", dir: "auto" }, item.scenario));
    if (data.runs.length > 1) tags.append(make("span", { class: "tag quiet", dir: "auto" }, data.runs[row.run]));
    const before = item.before.map(([role, text]) => make("p", { dir: "auto" }, `${role}: ${text}`));
    return make("td", { role: "cell" },
      passage(item.question, "question"),
      before.length ? make("details", {}, make("summary", {}, "earlier turns"), ...before) : null,
      make("p", { class: `kind ${row.kind.endsWith("rightly") ? "good" : row.kind.endsWith("wrongly") ? "bad" : "open"}` }, data.kinds[row.kind]),
      make("p", { class: "did" }, "called for ", make("b", {}, item.calls.join(" or "))),
      tags,
    );
  }

  function replyCell(reply, whose) {
    return make("td", { role: "cell" },
      make("p", { class: "whose", dir: "auto" }, whose),
      reply.reply.trim() ? passage(reply.reply, "reply") : make("p", { class: "empty" }, "(no text)"),
      make("p", { class: `result ${reply.grade}` }, `${{ good: "✓", bad: "✗", open: "–" }[reply.grade]} ${reply.result}`),
      make("p", { class: "did" }, "did ", make("b", {}, reply.did)),
      reply.why ? make("p", { class: "why", dir: "auto" }, reply.why) : null,
    );
  }

  function draw(list, from, to) {
    const fresh = list.slice(from, to).map((row) => make("tr", { role: "row" },
      questionCell(row), replyCell(row.before, data.base), replyCell(row.after, data.runs[row.run])));
    if (from === 0) byId("rows").replaceChildren(...fresh);
    else byId("rows").append(...fresh);
  }

  let found = [];
  let shown = 0;

  function report() {
    byId("count").textContent = found.length === 0
      ? `Nothing fits these filters (${rows.length} changed replies in all).`
      : `Showing ${Math.min(shown, found.length)} of ${found.length} changed replies${found.length < rows.length ? ` that fit (${rows.length} in all)` : ""}.`;
    byId("more").hidden = shown >= found.length;
    byId("more").textContent = `Show ${Math.min(PAGE, found.length - shown)} more`;
  }

  function refresh() {
    found = select();
    shown = Math.min(PAGE, found.length);
    draw(found, 0, shown);
    report();
  }

  // ---- start ----

  for (const facet of facets) {
    byId(facet.id).replaceChildren(...[["", "any"], ...facet.options].map(([value, name]) => {
      const option = make("option", { value });
      option.dataset.name = name;
      return option;
    }));
  }
  for (const id of ["text", ...facets.map((facet) => facet.id)]) byId(id).addEventListener("input", refresh);
  byId("reset").addEventListener("click", () => {
    for (const id of ["text", ...facets.map((facet) => facet.id)]) byId(id).value = "";
    refresh();
  });
  byId("more").addEventListener("click", () => {
    const first = shown;
    shown = Math.min(shown + PAGE, found.length);
    draw(found, first, shown);
    report();
    const row = byId("rows").children[first]; // The reader goes on where the new rows begin, also with a keyboard.
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  });
  addEventListener("beforeprint", () => {
    draw(found, 0, PRINT);
    byId("printed").textContent = `Printed: ${Math.min(PRINT, found.length)} of ${found.length} changed replies.`;
  });
  addEventListener("afterprint", () => draw(found, 0, shown));

  refresh();
  byId("unscripted").remove();
  byId("browser").hidden = false;
})();
