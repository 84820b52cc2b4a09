// Follows evaluations while they run. Without this the page reads itself again every few seconds.
for (const line of document.querySelectorAll("[data-events]")) {
  const events = new EventSource(line.dataset.events);
  const bar = line.querySelector("progress");
  events.addEventListener("question", (event) => {
    const { finished, questions } = JSON.parse(event.data);
    bar.max = questions;
    bar.value = finished;
    line.querySelector("b").textContent = finished;
  });
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
}

document.documentElement.classList.add("scripted");
document.getElementById("print-button")?.addEventListener("click", () => print());
