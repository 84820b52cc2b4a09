// One walk through the pages of a running service in a headless Chromium:
// `node walk.mjs WALK CHROMIUM BASE EMAIL PASSWORD FOLDER`. FOLDER holds the transcripts. Prints a line for each thing that
// holds, and ends with an error at the first that does not.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const [walk, executablePath, base, email, password, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath, args });
const held = (what) => console.log(`ok: ${what}`);
const LONG = walk === "long" ? 1_500_000 : 120_000;

const enter = async (options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(`${base}/signin`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("#signin button");
  await page.waitForURL(`${base}/`);
  return { context, page, faults };
};

// axe is put in by the debugger, which the page's policy does not stop.
let looked = 0;
const accessible = async (page, what) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = (one) => `${one.impact} ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`;
  const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  assert.deepEqual(serious.map(told), [], `axe on ${what}`);
  for (const one of found.violations) console.log(`axe notes on ${what}: ${told(one)}`);
  looked += 1;
};

const begin = async (page) => {
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.waitForSelector(".decide-card");
};
const upload = async (page, { file = "talk.vtt", isScripted = true } = {}) => {
  await page.goto(`${base}/upload`);
  await page.setInputFiles("#files", `${folder}/${file}`);
  if (!isScripted) await page.click("#upload button");
  await page.waitForSelector(".file");
  await page.getByRole("button", { name: "Start the evaluation" }).click();
  await page.waitForURL(/interviews/);
  await page.getByRole("button", { name: "Begin the review" }).waitFor({ timeout: LONG });
  return page.url();
};
const count = (page) => page.locator("#progress .bar-top b").innerText().then(Number);
const counted = (page, n) => page.waitForFunction((n) => Number(document.querySelector("#progress .bar-top b").textContent) === n, n);
const saved = (page) => page.waitForFunction(() => document.querySelector("#save-state").textContent === document.querySelector("#save-state").dataset.saved);
// Clicks a label's radio button, which stands under the words of its score.
const leaveOut = (card) => card.locator('.score-form label:has(input[value="none"])').click();

const walks = {
  async mouse() {
    const { context, page, faults } = await enter();
    await upload(page);
    await begin(page);
    await page.locator("a.quote").first().click();
    await page.waitForSelector("mark.lit");
    const isInView = await page.locator("mark.lit").first().evaluate((mark) => {
      const box = mark.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight;
    });
    assert.ok(isInView, "the words of a clicked quotation are in view");
    held("a clicked quotation lights its words and scrolls to them");
    await page.locator("mark[data-e]").first().hover();
    await page.waitForSelector(".row.hot");
    held("hovered words light their criterion");

    await page.locator(".decide-card h3").first().click();
    const words = page.locator(".u.answers.candidate .text").first();
    await words.evaluate((node) => {
      const first = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
      getSelection().setBaseAndExtent(first, 0, first, Math.min(12, first.data.length));
    });
    await page.locator("#mark-button").click();
    await page.locator(".evidence-part[open] button").click();
    await page.waitForSelector(".own .quote");
    held("selected words become own evidence");

    const first = page.locator(".decide-card").first();
    await first.locator(".confirm button").click();
    await counted(page, 1);
    await first.locator(".undo button").click();
    await counted(page, 0);
    await first.locator(".confirm button").waitFor();
    held("a decision is taken back");
    await first.locator(".precedent-part summary").click();
    await first.locator(".precedents > p > a").waitFor({ state: "detached" });
    held("answers like this one open beside the question");
    for (const card of await page.locator(".decide-card").all()) {
      const before = await count(page);
      if (await card.locator(".confirm button").count()) await card.locator(".confirm button").click();
      else await leaveOut(card);
      await counted(page, before + 1);
    }
    await saved(page);
    await page.click("#submit-button");
    await page.waitForURL(/panel/);
    assert.deepEqual(faults, [], "the console says nothing");
    held("from upload to a submitted scorecard with the mouse; the policy refused nothing and no script failed");
    await context.close();
  },

  // From the upload on; a file dialogue is the browser's own.
  async keyboard() {
    const { context, page } = await enter();
    await page.goto(`${base}/upload`);
    await page.setInputFiles("#files", `${folder}/talk.vtt`);
    await page.waitForSelector(".file");
    const press = async (name) => {
      for (let n = 0; n < 80; n += 1) {
        await page.keyboard.press("Tab");
        const text = await page.evaluate(() => document.activeElement?.textContent ?? "");
        if (text.trim().startsWith(name)) return page.keyboard.press("Enter");
      }
      assert.fail(`${name} cannot be reached by the keyboard`);
    };
    await press("Start the evaluation");
    await page.getByRole("button", { name: "Begin the review" }).waitFor({ timeout: LONG });
    await press("Begin the review");
    await page.waitForSelector(".decide-card.current");
    await page.keyboard.press("?");
    await page.waitForSelector("#help[open]");
    await page.keyboard.press("Escape");
    const needed = await page.locator(".decide-card").count();
    const suggested = await page.locator(".decide-card.current .score-form").getAttribute("data-suggested");
    assert.ok(suggested, "the first question of the sample has a suggestion");
    await page.keyboard.press(suggested === "2" ? "3" : "2");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await counted(page, 1);
    held("a number key and a reason override");
    await page.keyboard.press("k");
    await page.keyboard.press("u");
    await counted(page, 0);
    held("a key takes it back");
    await saved(page);
    await page.keyboard.press("m");
    await page.keyboard.type("Clear.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".comments");
    held("a comment by keys");
    for (let n = await count(page); n < needed; n += 1) {
      await saved(page);
      await page.keyboard.press((await page.locator(".decide-card.current .confirm").count()) ? "c" : "0");
      await counted(page, n + 1);
    }
    await saved(page);
    await page.keyboard.press("s");
    await page.keyboard.press("Enter");
    await page.waitForURL(/panel/);
    held("from upload to a submitted scorecard with the keyboard");
    await context.close();
  },

  async plain() {
    const { context, page } = await enter({ javaScriptEnabled: false });
    // The page reads itself again while the evaluation runs.
    await upload(page, { isScripted: false });
    await begin(page);
    const first = page.locator(".decide-card:has(.confirm)").first();
    const suggested = await first.locator(".score-form").getAttribute("data-suggested");
    await first.locator(".other summary").click();
    await first.locator(`.score-form label:has(input[value="${suggested === "2" ? 3 : 2}"])`).click();
    await first.locator("select[name=reason]").selectOption("wrong_evidence");
    await first.locator(".score-form button").click();
    await page.waitForSelector(".is-decided");
    held("an override without scripts");
    while (await page.locator(".confirm button").count()) await page.locator(".confirm button").first().click();
    const open = page.locator(".decide-card:not(.is-decided)");
    while (await open.count()) {
      await leaveOut(open.first());
      await open.first().locator(".score-form button").click();
    }
    await page.click("#submit-button");
    await page.waitForURL(/panel/);
    held("from upload to a submitted scorecard without scripts");
    await context.close();
  },

  async tabs() {
    const { context, page } = await enter();
    const address = await upload(page);
    await begin(page);
    const other = await context.newPage();
    await other.goto(address);
    await page.locator(".confirm button").first().click();
    await counted(page, 1);
    await other.locator(".confirm button").last().click();
    await other.waitForSelector("#save-state.changed");
    assert.equal(await count(page), 1);
    held("a tab that is behind overwrites nothing and says so");
    await other.locator("#save-state a").click();
    await counted(other, 1);
    held("reading again shows what the other tab did");
    await context.close();
  },

  async offline() {
    const { context, page } = await enter();
    const address = await upload(page);
    await begin(page);
    await context.setOffline(true);
    await page.locator(".confirm button").first().click();
    await page.waitForSelector("#save-state.failed");
    await context.setOffline(false);
    await counted(page, 1);
    await saved(page);
    await page.goto(address);
    assert.equal(await count(page), 1);
    held("what was decided without a connection is saved once when it is back");
    await context.close();
  },

  async blind() {
    const { context, page } = await enter();
    await page.goto(`${base}/rubrics/small`);
    await page.selectOption("#mode", "blind_first");
    await page.getByRole("button", { name: "Save" }).click();
    await upload(page);
    await begin(page);
    assert.equal(await page.locator(".suggestion, .quote, mark[data-e], .badge").count(), 0);
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("3");
    await page.waitForSelector(".decide-card.current .suggestion, .decide-card.current .abstained");
    assert.match(await page.locator(".decide-card.current").innerText(), /Your first score: 3/);
    assert.equal(await page.locator(".decide-card").nth(1).locator(".suggestion, .quote").count(), 0);
    held("blind-first shows the suggestion after the own score, of this question alone");
    await context.close();
  },

  async span() {
    const { context, page } = await enter();
    await upload(page);
    await begin(page);
    const texts = () => page.locator(".decide-card .suggestion").allInnerTexts();
    const before = await texts();
    const when = await page.locator("#q1 .when").innerText();
    await page.locator("#q1 h3").click();
    await page.keyboard.press("g");
    await page.waitForSelector(".handle.first");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    assert.equal(await page.locator(".in-span").count(), 3);
    await page.keyboard.press("Enter");
    await page.waitForFunction((old) => document.querySelector("#q1 .when").innerText !== old, when, { timeout: LONG });
    await saved(page);
    const after = await texts();
    assert.deepEqual(after.slice(1), before.slice(1), "the other questions are as they were");
    held("keys move the span of an answer, and only its question is scored again");

    await page.locator("#q1 .move-part summary").click();
    await page.locator("#q1 .choose-place").click();
    const knob = page.locator(".handle.last button");
    await knob.scrollIntoViewIfNeeded();
    const [from, to] = [await knob.boundingBox(), await page.locator("#u1 .text").boundingBox()];
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + 20, to.y + to.height / 2, { steps: 6 });
    await page.mouse.up();
    assert.equal(await page.locator(".in-span").count(), 1);
    held("an edge of the answer is dragged");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".handle").count(), 0);
    await context.close();
  },

  async hostile() {
    const { context, page, faults } = await enter();
    await upload(page, { file: "hostile.vtt" });
    await begin(page);
    const said = await page.locator(".transcript").innerText();
    for (const words of ["<script>alert(2)</script>", "<img src=x onerror=alert(3)>", "javascript:alert(4)", "U+2067"]) assert.ok(said.includes(words), words);
    assert.equal(await page.locator("main script, main img, main iframe, a[href^='javascript']").count(), 0);
    await page.locator("a.quote").first().click();
    const hebrew = page.locator(".u .text", { hasText: "\u05d0\u05e0\u05d9" }).first();
    assert.equal(await hebrew.evaluate((node) => getComputedStyle(node).direction), "rtl");
    assert.equal(await page.locator(".u .text").first().evaluate((node) => getComputedStyle(node).direction), "ltr");
    assert.deepEqual(faults, [], "nothing ran, nothing was refused");
    held("hostile words show as text, and a right-to-left answer runs from right to left");
    await context.close();
  },

  // Every page, in both colour schemes, wide and narrow.
  async axe() {
    let address;
    for (const [colorScheme, width] of [["light", 1440], ["dark", 390]]) {
      const { context, page, faults } = await enter({ colorScheme, viewport: { width, height: 900 } });
      const pages = ["/", "/upload", "/answers?q=tests", "/rubrics", "/rubrics/new", "/rubrics/small", "/rubrics/small/edit", "/calibration", "/people", "/audit", "/settings", "/nowhere"];
      for (const path of pages) {
        await page.goto(base + path);
        await accessible(page, `${path} (${colorScheme}, ${width})`);
      }
      if (!address) {
        await page.goto(`${base}/upload`);
        await page.setInputFiles("#files", [`${folder}/talk.vtt`, `${folder}/broken.json`]);
        await page.waitForSelector(".file");
        await accessible(page, "uploaded files");
        await page.getByRole("button", { name: "Start the evaluation" }).click();
        await page.waitForURL(/interviews/);
        await page.getByRole("button", { name: "Begin the review" }).waitFor({ timeout: LONG });
        address = page.url();
        await accessible(page, "an evaluated interview");
        await begin(page);
      } else await page.goto(address);
      await accessible(page, `review (${colorScheme}, ${width})`);
      for (const part of await page.locator(".decide-card details").all()) await part.evaluate((node) => (node.open = true));
      await accessible(page, `review with everything open (${colorScheme}, ${width})`);
      await page.keyboard.press("?");
      await accessible(page, `the sheet of keys (${colorScheme}, ${width})`);
      await page.keyboard.press("Escape");
      await page.locator(".decide-card h3").first().click();
      await page.keyboard.press("g");
      await accessible(page, `moving a span (${colorScheme}, ${width})`);
      await page.keyboard.press("Escape");
      await page.goto(`${address}/panel`);
      await accessible(page, `panel (${colorScheme}, ${width})`);
      assert.deepEqual(faults.filter((fault) => !fault.includes("404")), []);
      await context.clearCookies();
      await page.goto(`${base}/signin`);
      await accessible(page, `sign-in (${colorScheme}, ${width})`);
      await context.close();
    }
    held(`axe finds nothing serious in ${looked} looks at pages`);
  },

  // Three hours in 4,000 utterances: how long the first paint takes, and a click on a quotation.
  async long() {
    const { context, page } = await enter();
    const address = await upload(page, { file: "long.vtt" });
    await begin(page);
    const paints = [];
    const clicks = [];
    for (let n = 0; n < 5; n += 1) {
      await page.goto("about:blank");
      await page.goto(address, { waitUntil: "load" });
      await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
      paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
      clicks.push(...(await page.evaluate(async () => {
        const times = [];
        for (const quote of [...document.querySelectorAll("a.quote")].slice(0, 8)) {
          const before = performance.now();
          quote.click();
          if (!document.querySelector("mark.lit")) throw new Error("not lit");
          // To the end of the frame that shows it.
          await new Promise((done) => requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = done;
            port2.postMessage(0);
          }));
          times.push(performance.now() - before);
          await new Promise((done) => setTimeout(done, 300));
        }
        return times;
      })));
    }
    const size = await page.evaluate(() => performance.getEntriesByType("navigation")[0].decodedBodySize);
    const rows = await page.locator(".u").count();
    const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)].toFixed(0);
    const worst = (list) => Math.max(...list).toFixed(0);
    console.log(`figures: ${rows} utterances, ${(size / 1024).toFixed(0)} KiB of HTML; first paint ${middle(paints)} ms (worst ${worst(paints)}), click to highlight ${middle(clicks)} ms (worst ${worst(clicks)}, ${clicks.length} clicks)`);
    assert.ok(Number(middle(paints)) < 300 && Number(middle(clicks)) < 50, "slower than it should be");
    await context.close();
  },
};

try {
  await walks[walk]();
} finally {
  await browser.close();
}
