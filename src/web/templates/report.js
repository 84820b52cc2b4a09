(() => {
  "use strict";
  // Everything works without this: links are plain links and :target lights a quotation. The script adds what a
  // style sheet cannot know: which link led here, and which words belong to what the pointer is on.
  const all = (selector) => [...document.querySelectorAll(selector)];
  const marks = (id) => all(`mark[data-e~="${CSS.escape(id)}"]`);
  const idOf = (link) => decodeURIComponent(link.hash.slice(1));
  const isQuotation = (id) => /^e\d+$/.test(id);

  // Where the scorecard scrolls by itself, it shows the quotation that the transcript shows.
  const bringAlong = (link) => {
    const pane = document.getElementById("scorecard");
    if (getComputedStyle(pane).overflowY !== "auto") return;
    const [inner, outer] = [link.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (inner.top > outer.top + pane.querySelector(".bar").offsetHeight && inner.bottom < Math.min(outer.bottom, innerHeight)) return;
    pane.scrollTop += inner.top - outer.top - pane.clientHeight * 0.4;
  };

  const arrive = () => {
    all("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    all(`a.quote[href="#${CSS.escape(id)}"]`).forEach((link) => {
      link.setAttribute("aria-current", "true");
      bringAlong(link);
    });
    if (!/^(e|u|q|open-)\d/.test(id)) return;
    // Rows out of sight have guessed heights until they are laid out: go again once they are.
    const block = /^q\d+$/.test(id) ? "start" : "center";
    const again = (times) => requestAnimationFrame(() => {
      target.scrollIntoView({ block, inline: "nearest" });
      if (times > 0) again(times - 1);
    });
    again(2);
  };
  // The bar over the scorecard is as high as its chips need; cards stop below it.
  const measure = () => {
    const pane = document.getElementById("scorecard");
    pane.style.scrollPaddingTop = `${pane.querySelector(".bar").offsetHeight}px`;
  };
  addEventListener("resize", measure);
  addEventListener("hashchange", arrive);
  measure();
  arrive();

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) {
      if (link.hash === location.hash) arrive();
      return;
    }
    const mark = event.target.closest("mark[data-criteria]");
    if (mark && getSelection().isCollapsed) location.hash = mark.dataset.criteria.split(" ")[0];
  });

  const heat = (event, on) => {
    const link = event.target.closest("a.quote");
    const mark = event.target.closest("mark[data-e]");
    const ids = link ? [idOf(link)].filter(isQuotation) : mark ? mark.dataset.e.split(" ") : [];
    ids.forEach((id) => {
      marks(id).forEach((piece) => piece.classList.toggle("hot", on));
      if (mark) all(`a.quote[href="#${id}"]`).forEach((quote) => quote.classList.toggle("hot", on));
    });
  };
  for (const [type, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(type, (event) => heat(event, on));
  }
})();
