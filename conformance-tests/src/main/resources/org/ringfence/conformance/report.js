// Without this script the whole report is shown, and the form is not.
const form = document.querySelector("form");
const rows = Array.from(document.querySelectorAll("tbody tr"));
const texts = rows.map((row) => row.textContent.toLowerCase());
function filter() {
  const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, i) => {
    row.hidden = !form[row.dataset.outcome].checked || !words.every((w) => texts[i].includes(w));
    shown += row.hidden ? 0 : 1;
  });
  document.querySelectorAll("section[data-cases]").forEach((section) => {
    section.hidden = !section.querySelector("tbody tr:not([hidden])");
  });
  form.querySelector("output").textContent = shown + " of " + rows.length + " cases";
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
filter();
