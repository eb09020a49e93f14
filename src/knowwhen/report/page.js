// The table of questions. Texts come from models: they reach the page as textContent only.
(() => {
  const PAGE = 50;
  const PRINT = 100;

  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const mistakes = new Set(data.mistakes);
  const declining = new Set(data.moves.filter((move) => move !== "answer"));
  const rows = data.rows.map((row) => ({ ...row, item: data.items[row.item] }));

  // ---- filters ----

  const moves = [...data.moves.map((move) => [move, move]), ["declining", "any way of declining"]];
  const facets = [
    { id: "scenario", of: (row) => row.item.scenario, options: distinct((row) => row.item.scenario) },
    { id: "called", of: (row) => row.called, options: moves },
    { id: "done", of: (row) => row.done, options: [...moves, ["ungraded", "ungraded"]] },
    { id: "result", of: (row) => row.result, options: Object.entries(data.results) },
    { id: "condition", of: (row) => row.condition, options: distinct((row) => row.condition) },
  ];

  function distinct(of) {
    return [...new Set(rows.map(of))].sort().map((value) => [value, value]);
  }

  function fits(facet, choice, row) {
    const value = facet.of(row);
    return choice === "" || choice === value || (choice === "declining" && declining.has(value));
  }

  function words(row) {
    // Kept once made: 10,000 replies are searched at every key.
    row.words ??= [row.item.question, row.reply, row.thinking, row.why, row.item.id, ...row.item.accepts]
      .join("\n").toLowerCase();
    return row.words;
  }

  function textFits(sought) {
    const pair = /^pair (\d+)$/.exec(sought);
    return pair ? (row) => row.item.pair === Number(pair[1]) : (row) => words(row).includes(sought);
  }

  function select() {
    const sought = byId("text").value.trim().toLowerCase();
    const only = byId("mistakes").checked;
    const choices = facets.map((facet) => byId(facet.id).value);
    const found = [];
    const counts = facets.map(() => new Map());
    const hasText = textFits(sought);
    for (const row of rows) {
      if ((only && !mistakes.has(row.result)) || (sought && !hasText(row))) continue;
      const misses = facets.flatMap((facet, k) => (fits(facet, choices[k], row) ? [] : [k]));
      if (misses.length === 0) found.push(row);
      // An option's count is what choosing it would show: all other filters hold.
      facets.forEach((facet, k) => {
        if (misses.every((miss) => miss === k)) {
          counts[k].set(facet.of(row), (counts[k].get(facet.of(row)) ?? 0) + 1);
        }
      });
    }
    facets.forEach((facet, k) => label(facet, counts[k]));
    return found;
  }

  function label(facet, counts) {
    const sum = (values) => values.reduce((total, value) => total + (counts.get(value) ?? 0), 0);
    for (const option of byId(facet.id).options) {
      const values = { "": [...counts.keys()], declining: [...declining] }[option.value] ?? [option.value];
      option.textContent = `${option.dataset.name} (${sum(values)})`;
    }
  }

  // ---- rows ----

  function folded(summary, ...children) {
    return make("details", {}, make("summary", {}, summary), ...children);
  }

  function questionCell(row) {
    const item = row.item;
    const tags = make("p", { class: "tags" }, make("span", { class: "tag", dir: "auto" }, item.scenario));
    if (row.condition !== "free") tags.append(make("span", { class: "tag strong" }, row.condition));
    for (const [key, value] of Object.entries(item.tags)) {
      tags.append(make("span", { class: "tag quiet", title: key, dir: "auto" }, String(value)));
    }
    if (item.pair !== null) {
      const twin = make("button", { type: "button", class: "tag twin", title: "Show this question and its twin" });
      twin.textContent = `pair ${item.pair}`;
      twin.addEventListener("click", () => apply({ text: `pair ${item.pair}` }));
      tags.append(twin);
    }
    const before = item.before.map(([role, text]) => make("p", { dir: "auto" }, `${role}: ${text}`));
    return make("td", { role: "cell" },
      passage(item.question, "question"),
      before.length ? folded("earlier turns", ...before) : null,
      item.accepts.length ? make("p", { class: "accepts", dir: "auto" }, `Accepted: ${item.accepts.slice(0, 8).join(" · ")}${item.accepts.length > 8 ? " …" : ""}`) : null,
      tags,
    );
  }

  function replyCell(row) {
    return make("td", { role: "cell" },
      row.reply.trim() ? passage(row.reply, "reply") : make("p", { class: "empty" }, "(no text)"),
      row.stop ? make("p", { class: "stop" }, row.stop) : null,
      row.thinking ? folded(`thinking, ${row.thinking.length.toLocaleString("en")} characters`, passage(row.thinking, "thinking")) : null,
    );
  }

  function verdictCell(row) {
    const kind = mistakes.has(row.result) ? "bad" : row.result === "right" ? "good" : "open";
    const sign = { good: "✓", bad: "✗", open: "–" }[kind];
    return make("td", { role: "cell" },
      make("p", { class: `result ${kind}` }, `${sign} ${data.results[row.result]}`),
      make("p", { class: "did" }, "called for ", make("b", {}, row.item.calls.join(" or ")), ", did ", make("b", {}, row.done)),
      row.why ? make("p", { class: "why", dir: "auto" }, row.why) : null,
    );
  }

  function draw(list, from, to) {
    const fresh = list.slice(from, to).map((row) =>
      make("tr", { role: "row" }, questionCell(row), replyCell(row), verdictCell(row)));
    if (from === 0) byId("rows").replaceChildren(...fresh);
    else byId("rows").append(...fresh);
  }

  let found = [];
  let shown = 0;
  let touched = false;

  function report() {
    byId("count").textContent = found.length === 0
      ? `Nothing fits these filters (${rows.length} replies in all).`
      : `Showing ${Math.min(shown, found.length)} of ${found.length} replies${found.length < rows.length ? ` that fit (${rows.length} in all)` : ""}.`;
    byId("more").hidden = shown >= found.length;
    byId("more").textContent = `Show ${Math.min(PAGE, found.length - shown)} more`;
  }

  function refresh() {
    found = select();
    shown = Math.min(PAGE, found.length);
    draw(found, 0, shown);
    report();
  }

  function apply(choices) {
    touched = true;
    byId("text").value = choices.text ?? "";
    byId("mistakes").checked = false;
    for (const facet of facets) byId(facet.id).value = choices[facet.id] ?? "";
    refresh();
  }

  // ---- start ----

  for (const facet of facets) {
    const options = [["", "any"], ...facet.options].map(([value, name]) => {
      const option = make("option", { value });
      option.dataset.name = name;
      return option;
    });
    byId(facet.id).replaceChildren(...options);
  }
  for (const id of ["text", "mistakes", ...facets.map((facet) => facet.id)]) {
    byId(id).addEventListener("input", () => {
      touched = true;
      refresh();
    });
  }
  byId("reset").addEventListener("click", () => apply({}));
  byId("more").addEventListener("click", () => {
    const first = shown;
    shown = Math.min(shown + PAGE, found.length);
    draw(found, first, shown);
    report();
    // The reader goes on where the new rows begin, also with a keyboard.
    const row = byId("rows").children[first];
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  });
  // Figures above lead to the replies behind them.
  for (const link of document.querySelectorAll("a[href='#questions'][data-condition], a[href='#questions'][data-done]")) {
    link.addEventListener("click", () => apply({ ...link.dataset }));
  }

  // On paper: what the reader has filtered, or the mistakes; never thousands of pages.
  addEventListener("beforeprint", () => {
    const list = touched ? found : rows.filter((row) => mistakes.has(row.result));
    draw(list, 0, PRINT);
    const what = touched ? "replies that fit the filters" : "mistakes";
    byId("printed").textContent = `Printed: ${Math.min(PRINT, list.length)} of ${list.length} ${what}. There are ${rows.length} replies in all.`;
  });
  addEventListener("afterprint", () => draw(found, 0, shown));

  refresh();
  byId("unscripted").remove();
  byId("browser").hidden = false;
})();
