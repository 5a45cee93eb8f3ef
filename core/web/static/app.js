// Enhancement only: every page works without it.

for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  for (const field of form.querySelectorAll("select, input[type=date], input[type=month]")) {
    field.addEventListener("change", () => form.requestSubmit());
  }
}
