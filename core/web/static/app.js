// Enhancement only: every page works without it.

const search = document.getElementById("search");
document.addEventListener("keydown", (event) => {
  if (search && event.key === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    search.select();
  }
});

for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  for (const field of form.querySelectorAll("select, input[type=date], input[type=month]")) {
    field.addEventListener("change", () => form.requestSubmit());
  }
}

for (const list of document.querySelectorAll("[data-sortable]")) {
  const form = document.getElementById(list.dataset.sortable);
  if (form) {
    let dragged = null;
    for (const row of list.children) {
      row.draggable = true;
      row.addEventListener("dragstart", () => { dragged = row; });
      row.addEventListener("dragover", (event) => {
        event.preventDefault();
        const box = row.getBoundingClientRect();
        const below = event.clientY > box.top + box.height / 2;
        if (dragged && dragged !== row) list.insertBefore(dragged, below ? row.nextSibling : row);
      });
      row.addEventListener("dragend", () => {
        form.elements.rules.value = [...list.children].map((each) => each.dataset.id).join(",");
        form.requestSubmit();
      });
    }
  }
}

// One tick for all of a page; without script each is ticked by itself.
for (const all of document.querySelectorAll("input[data-choose]")) {
  const form = all.form;
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const each of form.querySelectorAll(`input[name="${all.dataset.choose}"]`)) each.checked = all.checked;
  });
}

// What is folded open over the page is folded again by Escape, and by leaving it.
for (const menu of document.querySelectorAll("details.switch")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// Single keys move the focus along the links of a list's rows; a visitor may turn them off.
const keys = document.getElementById("keys");
const rows = [...document.querySelectorAll("table[data-rows] tbody tr")];
const linkOf = (row) => row.querySelector("th a");
const step = (by) => {
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
  linkOf(rows[Math.min(Math.max(next, 0), rows.length - 1)])?.focus();
};
const acts = {
  "?": () => keys.showModal(),
  j: () => step(1),
  k: () => step(-1),
  x: (row) => row?.querySelector("input[type=checkbox]")?.click(),
  o: (row) => row && linkOf(row)?.click(),
};
document.addEventListener("keydown", (event) => {
  const act = acts[event.key];
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]");
  if (!keys || !act || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "?" && !rows.length) return;
  event.preventDefault();
  act(rows.find((row) => row.contains(document.activeElement)));
});
