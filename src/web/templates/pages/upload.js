// Files may be dropped anywhere on the page; they are read as soon as they are chosen.
const form = document.getElementById("upload");
if (form) {
  const input = form.elements.files;
  input.addEventListener("change", () => input.files.length && form.requestSubmit());
  addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over-it");
  });
  addEventListener("dragleave", () => form.classList.remove("over-it"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over-it");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
