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
