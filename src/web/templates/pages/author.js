// Line numbers beside the text, a mark at each line that something is said of, and a click on what is said goes there.
const text = document.getElementById("text");
const gutter = document.querySelector(".gutter");
const notes = [...document.querySelectorAll(".notes [data-line]")];
const marked = new Map(notes.map((note) => [Number(note.dataset.line), note.className]));
document.documentElement.classList.add("scripted");
const draw = () => {
  const count = text.value.split("\n").length;
  while (gutter.childElementCount > count) gutter.lastElementChild.remove();
  while (gutter.childElementCount < count) {
    const line = document.createElement("span");
    line.textContent = gutter.childElementCount + 1;
    line.className = marked.get(gutter.childElementCount + 1) ?? "";
    gutter.append(line);
  }
};
const follow = () => (gutter.scrollTop = text.scrollTop);
const go = (line) => {
  const before = text.value.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, one) => sum + one.length + 1, 0);
  const end = text.value.indexOf("\n", start);
  text.focus();
  text.setSelectionRange(start, end < 0 ? text.value.length : end);
  const height = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (line - 6) * height);
  follow();
};
for (const note of notes) {
  const over = note.querySelector(".over b");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = over.textContent;
  over.replaceWith(button);
  button.addEventListener("click", () => go(Number(note.dataset.line)));
}
text.addEventListener("input", draw);
text.addEventListener("scroll", follow);
draw();
// What was typed is not lost by leaving the page unawares.
let isChanged = false;
text.addEventListener("input", () => (isChanged = true));
document.querySelector(".author").addEventListener("submit", () => (isChanged = false));
addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
