"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const all = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));
  const button = (label, title, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    if (title) made.setAttribute("aria-label", title);
    made.addEventListener("click", () => act(made));
    return made;
  };

  // theme: follows the system until switched
  const themeSwitch = document.querySelector("[data-theme-switch]");
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const nameTheme = () => { if (themeSwitch) themeSwitch.textContent = dark() ? "Light" : "Dark"; };
  if (themeSwitch) themeSwitch.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    nameTheme();
  });
  nameTheme();

  // filter of contenders
  for (const box of all("[data-filter]")) {
    box.addEventListener("change", () => {
      root.classList.toggle("hide-" + box.dataset.filter, !box.checked);
      root.classList.toggle("filtered", all("[data-filter]").some((other) => !other.checked));
    });
  }
  for (const bar of all("[data-toolbar]")) bar.hidden = false;

  // sections are folded; links, search results and the printer open them
  const folds = all("details.fold");
  for (const every of all("[data-all-folds]")) {
    every.addEventListener("click", () => {
      const on = every.getAttribute("aria-pressed") !== "true";
      every.setAttribute("aria-pressed", on);
      every.textContent = on ? "Fold all sections" : "Open all sections";
      for (const fold of folds) fold.open = on;
    });
  }
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const fold = target.closest("details.fold") || target.querySelector("details.fold");
    if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details.fold, details.more").filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });

  // numbers: cell value, as exported and sorted
  const valueOf = (cell) => cell.dataset.value !== undefined
    ? cell.dataset.value
    : (cell.firstChild && cell.firstChild.nodeType === 3 ? cell.firstChild.data : cell.textContent).trim();
  const compare = (a, b) => {
    const x = Number(a.replace(/,/g, "")), y = Number(b.replace(/,/g, ""));
    if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.localeCompare(b, "en", { numeric: true });
  };

  for (const table of all("table[data-sortable]")) {
    const heads = all("thead th", table), body = table.tBodies[0];
    heads.forEach((head, at) => {
      const sort = button("", "", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = Array.from(body.rows);
        const empty = (row) => /^(|–)$/.test(valueOf(row.cells[at]));
        rows.sort((a, b) => {
          if (empty(a) || empty(b)) return empty(a) - empty(b);
          const order = compare(valueOf(a.cells[at]), valueOf(b.cells[at]));
          return down ? -order : order;
        });
        body.append(...rows);
      });
      sort.removeAttribute("aria-label");
      while (head.firstChild) sort.append(head.firstChild);
      head.append(sort);
    });
  }

  // CSV: one row a table row; an interval becomes two more columns
  const quote = (text) => {
    let safe = String(text);
    if (/^[=+@\t\r]/.test(safe) || (/^-/.test(safe) && Number.isNaN(Number(safe)))) safe = "'" + safe;
    return /[",\n\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };
  const csvOf = (table) => {
    const heads = all("thead th", table), rows = all("tbody tr:not(.heading)", table);
    const cellsAt = (at) => rows.map((row) => row.cells[at]).filter(Boolean);
    const spans = heads.map((_, at) => cellsAt(at).some((cell) => cell.dataset.low !== undefined));
    const units = heads.map((_, at) => [...new Set(cellsAt(at).map((cell) => cell.dataset.unit || ""))]);
    // columns of one unit say it in their head; a table whose rows differ gets a column of units
    const mixed = units.some((found) => found.length > 1);
    const lines = [heads.flatMap((head, at) => {
      const unit = !mixed && units[at].length === 1 && units[at][0] ? " [" + units[at][0] + "]" : "";
      const name = head.textContent.trim();
      const own = spans[at] ? [name + unit, name + " low" + unit, name + " high" + unit] : [name + unit];
      return mixed && at === 0 ? [...own, "unit"] : own;
    })];
    for (const row of rows) {
      const unit = (Array.from(row.cells).find((cell) => cell.dataset.unit) || { dataset: {} }).dataset.unit || "";
      lines.push(Array.from(row.cells).flatMap((cell, at) => {
        const value = valueOf(cell) === "–" ? "" : valueOf(cell);
        const own = spans[at] ? [value, cell.dataset.low ?? "", cell.dataset.high ?? ""] : [value];
        return mixed && at === 0 ? [...own, unit] : own;
      }));
    }
    return lines.map((line) => line.map(quote).join(",")).join("\n") + "\n";
  };
  const say = (made, text) => {
    const before = made.textContent;
    made.textContent = text;
    setTimeout(() => { made.textContent = before; }, 1400);
  };
  const copy = async (text, made) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // no clipboard for a page opened from disk: the old way
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(made, "Copied");
  };
  const download = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    const run = (document.querySelector("[data-run]") || { dataset: { run: "study" } }).dataset.run;
    link.download = (run + "_" + name).replace(/[^\w-]+/g, "-") + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const showTable = (chart, on) => {
    chart.classList.toggle("as-table", on);
    chart.querySelector("details").open = on;
    const made = chart.querySelector("[data-switch]");
    made.textContent = on ? "Chart" : "Table";
    made.setAttribute("aria-label", made.textContent + ": " + chart.dataset.title);
  };
  for (const holder of all("[data-tools]")) {
    const block = holder.closest(".chart, .table"), table = block.querySelector("table");
    const title = block.dataset.title;
    if (block.classList.contains("chart")) {
      const made = button("Table", "Table: " + title, () => showTable(block, !block.classList.contains("as-table")));
      made.dataset.switch = "";
      holder.append(made);
    }
    holder.append(
      button("Copy", "Copy as CSV: " + title, (made) => copy(csvOf(table), made)),
      button("CSV", "Download CSV: " + title, () => download(block.dataset.key, csvOf(table))),
    );
  }
  for (const every of all("[data-all-tables]")) {
    every.addEventListener("click", () => {
      const on = every.getAttribute("aria-pressed") !== "true";
      every.setAttribute("aria-pressed", on);
      for (const chart of all(".chart")) showTable(chart, on);
    });
  }

  // where am I
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of all("[data-section]")) seen.observe(section);
})();
