// SPDX-License-Identifier: MIT
#include <tools/report/html_page.h>

namespace wengert {

// Graphviz calls a node by its <title>, "n7", and an edge by its ends, "n3->n7".
std::string_view page_script() {
  return R"js("use strict";
document.documentElement.classList.add("js");
for (const figure of document.querySelectorAll("figure.explore")) explore(figure);

// Pictures have the letter where a program has its name.
function toLetters(text) {
  const letters = {alpha: "α", beta: "β", gamma: "γ", delta: "δ", eps: "ε", mu: "μ", sigma: "σ"};
  return text.replace(/[a-z]+/g, word => letters[word] || word);
}

function explore(figure) {
  const svg = figure.querySelector("svg");
  const nodes = new Map(), feeds = new Map(), edges = [];
  for (const g of svg.querySelectorAll("g.node, g.edge")) {
    const title = g.querySelector("title");
    const name = title.textContent.trim();
    title.remove();
    if (g.classList.contains("node")) {
      nodes.set(name, g);
      g.setAttribute("tabindex", "0");
      continue;
    }
    let [from, to] = name.split("->").map(end => end.split(":")[0]);
    if (g.classList.contains("upwards")) [from, to] = [to, from];
    edges.push({g, from, to});
    if (!feeds.has(to)) feeds.set(to, []);
    feeds.get(to).push(from);
  }

  function light(names) {
    svg.classList.toggle("lighting", names !== null);
    for (const [name, g] of nodes) g.classList.toggle("lit", names !== null && names.has(name));
    for (const e of edges) e.g.classList.toggle("lit", names !== null && names.has(e.from) && names.has(e.to));
  }
  function ancestors(name) {
    const seen = new Set([name]), open = [name];
    while (open.length > 0) {
      for (const from of feeds.get(open.pop()) || []) {
        if (!seen.has(from)) { seen.add(from); open.push(from); }
      }
    }
    return seen;
  }
  for (const [name, g] of nodes) {
    const on = () => { if (!search.value) light(ancestors(name)); };
    const off = () => { if (!search.value) light(null); };
    g.addEventListener("mouseenter", on);
    g.addEventListener("mouseleave", off);
    g.addEventListener("focus", on);
    g.addEventListener("blur", off);
  }

  const search = figure.querySelector("input"), count = figure.querySelector("output");
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase(), letters = toLetters(wanted);
    if (!wanted) { count.textContent = ""; light(null); return; }
    const found = new Set();
    for (const [name, g] of nodes) {
      const text = g.textContent.replace(/\s+/g, " ").toLowerCase();
      if (text.includes(wanted) || text.includes(letters)) found.add(name);
    }
    count.textContent = found.size + " of " + nodes.size;
    light(found);
  });

  const whole = svg.viewBox.baseVal, full = {x: whole.x, y: whole.y, w: whole.width, h: whole.height};
  let box = {...full};
  function show() {
    svg.setAttribute("viewBox", [box.x, box.y, box.w, box.h].join(" "));
    svg.classList.toggle("zoomed", box.w < full.w);
  }
  function zoom(factor, px, py) {
    const w = Math.min(full.w, Math.max(full.w / 16, box.w * factor)), h = w * full.h / full.w;
    box = {x: box.x + (box.w - w) * px, y: box.y + (box.h - h) * py, w, h};
    if (w === full.w) box = {...full};
    show();
  }
  for (const button of figure.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom === "fit") { box = {...full}; show(); }
      else zoom(button.dataset.zoom === "in" ? 0.7 : 1 / 0.7, 0.5, 0.5);
    });
  }
  function place(event) {
    const r = svg.getBoundingClientRect();
    return [(event.clientX - r.left) / r.width, (event.clientY - r.top) / r.height];
  }
  svg.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;  // else the page could not be scrolled
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, ...place(event));
  }, {passive: false});
  svg.addEventListener("dblclick", event => zoom(0.6, ...place(event)));
  let held = null;
  svg.addEventListener("pointerdown", event => {
    if (box.w >= full.w) return;
    held = {id: event.pointerId, at: place(event)};
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", event => {
    if (!held || held.id !== event.pointerId) return;
    const at = place(event);
    box.x -= (at[0] - held.at[0]) * box.w;
    box.y -= (at[1] - held.at[1]) * box.h;
    held.at = at;
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = null; });
}
)js";
}

}  // namespace wengert
