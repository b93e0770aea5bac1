"use strict";
// The table of accounts: search, filters, order, the rows as CSV, and one account by its anchor.
(() => {
  const STEP = 50;
  const get = (id) => document.getElementById(id);
  const data = JSON.parse(get("account-data").textContent), { details } = data;
  const table = get("accounts"), one = get("one"), words = get("words");
  const rows = [...table.querySelectorAll("tbody tr")].map((tr, number) => {
    const texts = [...tr.cells].map((cell) => cell.textContent);
    const link = tr.cells[0].querySelector("a").getAttribute("href");
    return { tr, number, texts, link, id: tr.id, all: texts.join("\n").toLowerCase() };
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  // An anchor leads to the details now, and no longer to the row.
  for (const { tr } of rows) tr.removeAttribute("id");
  table.querySelector(".later")?.remove();
  const choices = [...document.querySelectorAll("#find select")];
  const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
  let order = rows, found = rows, shown = STEP;

  const make = (tag, text, parts = []) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    made.append(...parts);
    return made;
  };

  const points = [];
  let soon = 0;
  function drawMap() {
    if (!get("map-fold").open) return;
    const { x, y, segments, colours, shapes } = details.map, svg = get("map").namespaceURI;
    const shape = (at) => {
      const made = document.createElementNS(svg, "path");
      made.setAttribute("d", shapes[at]);
      return made;
    };
    if (!points.length) {
      for (const row of rows) {
        const point = shape(details.segments[row.number]);
        const title = document.createElementNS(svg, "title");
        title.textContent = `${row.texts[0]}: ${segments[details.segments[row.number]]}`;
        point.append(title);
        point.addEventListener("click", () => { location.hash = row.link; });
        points.push(point);
      }
      get("legend").append(...segments.map((name, at) => {
        const mark = document.createElementNS(svg, "svg");
        mark.setAttribute("viewBox", "-0.6 -0.6 1.2 1.2");
        mark.append(shape(at));
        mark.style.fill = colours[at];
        return make("li", "", [mark, make("bdi", name)]);
      }));
    }
    const chosen = new Set(found);
    // Those that are searched for lie on top.
    const order = [...rows].sort((a, b) => chosen.has(a) - chosen.has(b));
    for (const row of rows) {
      const point = points[row.number], size = chosen.has(row) ? 11 : 6;
      point.setAttribute("transform", `translate(${x[row.number]} ${y[row.number]}) scale(${size})`);
      point.style.fill = chosen.has(row) ? colours[details.segments[row.number]] : "";
    }
    get("map").replaceChildren(...order.map((row) => points[row.number]));
  }

  function draw() {
    table.tBodies[0].replaceChildren(...found.slice(0, shown).map((row) => row.tr));
    get("more").hidden = found.length <= shown;
    get("count").textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} accounts` +
      (found.length > shown ? `, the first ${shown} shown` : "");
  }

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = choices.filter((one) => one.value).map((one) => [Number(one.dataset.column), one.value]);
    found = order.filter((row) => chosen.every(([column, text]) => row.texts[column] === text) &&
      wanted.every((word) => row.all.includes(word)));
    shown = STEP;
    draw();
    // Ten thousand points are drawn when the typing pauses.
    clearTimeout(soon);
    soon = setTimeout(drawMap, 200);
  }

  function sortBy(heading, column) {
    const down = heading.ariaSort === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numbers = data.numbers[column], sign = down ? -1 : 1;
    const known = (row) => (numbers ? numbers[row.number] !== null : row.texts[column] !== data.missing);
    const by = numbers ? (a, b) => numbers[a.number] - numbers[b.number] : (a, b) => compare(a.texts[column], b.texts[column]);
    // What is not known comes last in either direction.
    order = [...rows].sort((a, b) => known(b) - known(a) || (known(a) ? sign * by(a, b) : 0) || a.number - b.number);
    filter();
  }

  function cell(value) {
    if (typeof value === "number") return String(value);
    if (value === null || value === data.missing) return "";
    const safe = data.unsafe.some((start) => value.startsWith(start)) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function save() {
    const lines = found.map((row) => [
      details.ids[row.number],
      ...(data.named ? [row.tr.querySelector("a bdi")?.textContent ?? ""] : []),
      ...row.texts.slice(1).map((text, at) => (data.numbers[at + 1] ? data.numbers[at + 1][row.number] : text)),
    ]);
    const text = [data.heading, ...lines].map((line) => line.map(cell).join(",") + "\r\n").join("");
    const link = make("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = "accounts_chosen.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function champion([id, gaps]) {
    const row = byId.get(`account-${id}`), link = make("a", row ? row.texts[0] : id);
    if (row) link.href = row.link;
    return make("dd", "", [make("bdi", "", [row ? link : id]), `: ${gaps}`]);
  }

  function features({ number }) {
    const head = make("tr", "", details.feature_heading.map((title) => make("th", title)));
    const lines = details.features.map((feature) => {
      const name = make("th", feature.title);
      name.scope = "row";
      return make("tr", "", [name, ...[feature.texts[feature.of[number]], feature.usual[details.segments[number]],
        details.places[feature.places[number]]].map((text) => make("td", text))]);
    });
    for (const th of head.cells) th.scope = "col";
    const wide = make("div", "", [make("table", "", [make("caption", details.feature_caption), make("thead", "", [head]), make("tbody", "", lines)])]);
    wide.className = "wide";
    wide.tabIndex = 0;
    wide.setAttribute("role", "region");
    wide.setAttribute("aria-label", details.feature_caption);
    return wide;
  }

  function open() {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { /* no anchor of ours */ }
    const row = byId.get(id);
    one.hidden = !row;
    if (!row) {
      if (id.startsWith("account-")) get("count").textContent = "That account is not on this page; the CSV file has all accounts.";
      return;
    }
    const name = make("h2", "", [make("bdi", row.texts[0])]);
    name.id = "one-name";
    // What is told of it at length stands in the place of the cell of that name.
    const said = new Map(data.heading.slice(data.named ? 2 : 1).map((title, at) => [title, row.texts[at + 1]]));
    for (const { title, texts, of } of details.told) if (texts[of[row.number]]) said.set(title, texts[of[row.number]]);
    const list = make("dl", "", [...said].filter(([, text]) => text !== data.missing)
      .flatMap(([title, text]) => [make("dt", title), make("dd", "", [make("bdi", text)])]));
    const near = details.champions[row.number] ?? [];
    if (near.length) list.append(make("dt", details.champion_title), ...near.map(champion));
    const close = make("a", "Close");
    close.href = "#accounts";
    one.replaceChildren(name, list, features(row), make("p", "", [close]));
    one.scrollIntoView();
    one.focus({ preventScroll: true });
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = make("button", heading.textContent);
    button.type = "button";
    button.addEventListener("click", () => sortBy(heading, column));
    heading.replaceChildren(button);
  });
  words.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);
  get("save").addEventListener("click", save);
  get("more").addEventListener("click", () => { shown += 4 * STEP; draw(); });
  get("map-fold").addEventListener("toggle", drawMap);
  get("find").hidden = get("map-fold").hidden = false;
  addEventListener("hashchange", open);
  filter();
  open();
})();
