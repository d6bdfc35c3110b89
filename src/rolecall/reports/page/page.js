
"use strict";
// Only textContent is written, never markup: an account may have any name.
(() => {
  const CHUNK = 100;
  const LONG = 220;
  const told = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const [search, clear, more, status, none] = ["search", "clear", "more", "status", "none"].map(byId);
  const body = document.querySelector("#roll tbody");
  const heads = [...document.querySelectorAll("#roll th[data-key]")];
  const filters = [...document.querySelectorAll("button[data-verdict], button[data-move]")];
  const number = new Intl.NumberFormat("en");

  const rows = told.rows.map((values) => {
    const row = {};
    told.columns.forEach((column, index) => {
      const value = values[index];
      row[column] = typeof value === "number" ? told.words[value] : value;
    });
    row.found = Object.values(row).join("\n").toLowerCase();
    return row;
  });

  // Each text column is collated once; sorting then compares whole numbers.
  const ranks = new Map();
  const collator = new Intl.Collator("en", { numeric: true });
  const ranked = {
    verdict: (row) => told.order.indexOf(row.verdict),
  };
  const rankOf = (key) => {
    if (ranked[key]) return ranked[key];
    if (!ranks.has(key)) {
      const values = [...new Set(rows.map((row) => row[key]))].sort(collator.compare);
      const places = new Map(values.map((value, place) => [value, place]));
      ranks.set(key, (row) => places.get(row[key]));
    }
    return ranks.get(key);
  };

  let sorting = { key: "verdict", down: false };
  let shown = rows;
  let drawn = 0;

  const pressed = (kind) =>
    new Set(filters.filter((button) => button.getAttribute("aria-pressed") === "true" && button.dataset[kind])
      .map((button) => button.dataset[kind]));

  const sorted = (found) => {
    const rank = rankOf(sorting.key);
    const sign = sorting.down ? -1 : 1;
    // What has no date comes last either way.
    const empty = (row) => (sorting.key === "since" && !row.since ? 1 : 0);
    return [...found].sort((one, other) => empty(one) - empty(other) || sign * (rank(one) - rank(other)));
  };

  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = pressed("verdict");
    const moves = pressed("move");
    const found = rows.filter((row) =>
      (!verdicts.size || verdicts.has(row.verdict)) &&
      (!moves.size || moves.has(row.move)) &&
      words.every((word) => row.found.includes(word)));
    shown = sorted(found);
    body.replaceChildren();
    drawn = 0;
    draw(CHUNK);
    clear.hidden = !(words.length || verdicts.size || moves.size);
    none.hidden = shown.length > 0;
    const all = `${number.format(rows.length)} ${rows.length === 1 ? "account" : "accounts"}`;
    status.textContent = shown.length === rows.length ? all : `${number.format(shown.length)} of ${all}`;
  };

  const draw = (count) => {
    const part = shown.slice(drawn, drawn + count);
    const fragment = document.createDocumentFragment();
    part.forEach((row) => fragment.append(line(row)));
    body.append(fragment);
    drawn += part.length;
    const left = shown.length - drawn;
    more.hidden = left === 0;
    more.textContent = `Show more (${number.format(left)} left)`;
  };

  const make = (tag, className, ...content) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...content);
    return made;
  };

  const cell = (tag, ...content) => {
    const made = make(tag, "", ...content);
    made.setAttribute("role", tag === "th" ? "rowheader" : "cell");
    return made;
  };

  const line = (row) => {
    const made = make("tr", `v-${row.verdict}`, verdictCell(row), nameCell(row), cell("td", make("bdi", "", row.path)), reasonCell(row),
      sinceCell(row));
    made.setAttribute("role", "row");
    return made;
  };

  const verdictCell = (row) => {
    const mark = make("span", "mark", told.marks[row.verdict]);
    mark.setAttribute("aria-hidden", "true");
    const made = cell("td", mark, ` ${row.verdict}`);
    if (row.move) made.append(make("span", "move", told.moves[row.move]));
    return made;
  };

  const nameCell = (row) => {
    const made = cell("th", make("bdi", "", row.name), make("span", "id", row.id));
    made.scope = "row";
    return made;
  };

  const reasonCell = (row) => {
    const facts = [row.deployment, row.access, row.registration].filter(Boolean).join(" · ");
    return cell("td", reason(row.reason), make("span", "state", facts));
  };

  const reason = (text) => {
    if (text.length <= LONG) return make("bdi", "", text);
    const short = text.slice(0, LONG - 60).replace(/\s\S*$/, "");
    const summary = make("summary", "", make("span", "short", `${short}… `), make("i", ""));
    return make("details", "", summary, make("bdi", "", text));
  };

  const sinceCell = (row) => {
    if (!row.since) return cell("td");
    const days = Math.floor((Date.parse(told.taken) - Date.parse(row.since)) / 86400000);
    const ago = days > 0 ? [" ", make("span", "state", `${number.format(days)} ${days === 1 ? "day" : "days"}`)] : [];
    const time = make("time", "", row.since.slice(0, 10));
    time.dateTime = row.since;
    return cell("td", time, ...ago);
  };

  const mark = () => heads.forEach((head) => {
    const direction = sorting.down ? "descending" : "ascending";
    head.setAttribute("aria-sort", head.dataset.key === sorting.key ? direction : "none");
  });

  heads.forEach((head) => head.querySelector("button").addEventListener("click", () => {
    const { key } = head.dataset;
    sorting = { key, down: sorting.key === key && !sorting.down };
    mark();
    update();
  }));
  filters.forEach((button) => {
    button.disabled = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      update();
    });
  });
  search.addEventListener("input", update);
  clear.addEventListener("click", () => {
    search.value = "";
    filters.forEach((button) => button.setAttribute("aria-pressed", "false"));
    update();
    search.focus();
  });
  more.addEventListener("click", () => {
    const first = drawn;
    draw(CHUNK);
    body.rows[first].tabIndex = -1;
    body.rows[first].focus();
  });
  // Rows follow as one scrolls; on paper all that match are there, with all of their reasons.
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && drawn < shown.length) draw(CHUNK);
  }, { rootMargin: "600px" }).observe(more);
  window.addEventListener("beforeprint", () => {
    draw(shown.length);
    document.querySelectorAll("details").forEach((found) => { found.open = true; });
  });

  window.addEventListener("afterprint", update);

  byId("roll").hidden = false;
  mark();
  update();
})();
