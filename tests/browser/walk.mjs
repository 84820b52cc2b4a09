// Walks through the pages of a running service in a headless Chromium: `node walk.mjs CHROMIUM BASE EMAIL PASSWORD`.
// Prints one line for each thing that holds, and ends with an error at the first that does not.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import assert from "node:assert/strict";

const [executablePath, base, email, password, transcript, rubric, pictures] = process.argv.slice(2);
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const held = (what) => console.log(`ok: ${what}`);

const enter = async (options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(`${base}/signin`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.click("#signin button");
  await page.waitForURL(`${base}/`);
  return { context, page, faults };
};

// axe is put in by the debugger, which the page's policy does not stop.
const accessible = async (page, what) => {
  await page.evaluate(await (await import("node:fs/promises")).readFile(axe, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const told = serious.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(told, [], `axe on ${what}`);
  held(`axe finds nothing serious on ${what}`);
};

const uploaded = async (page, { scripted = true } = {}) => {
  await page.goto(`${base}/upload`);
  await page.setInputFiles("#files", transcript);
  if (!scripted) await page.click("#upload button");
  await page.waitForSelector(".file");
  await page.getByRole("button", { name: "Start the evaluation" }).click();
  await page.waitForURL(/interviews/);
  const address = page.url();
  await page.getByRole("button", { name: "Begin the review" }).waitFor({ timeout: 120_000 });
  return address;
};

const decidedCount = (page) => page.locator("#progress .bar-top b").innerText().then(Number);
const saved = (page) => page.waitForFunction(() => document.querySelector("#save-state").textContent === document.querySelector("#save-state").dataset.saved);

// ---- With the mouse.
{
  const { context, page, faults } = await enter();
  await accessible(page, "home");
  await page.goto(`${base}/upload`);
  await accessible(page, "upload");
  await uploaded(page);
  await accessible(page, "an evaluated interview");
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.waitForSelector(".decide-card");
  await accessible(page, "review");
  const quote = page.locator("a.quote").first();
  await quote.click();
  await page.waitForSelector("mark.lit");
  const isInView = await page.locator("mark.lit").first().evaluate((mark) => {
    const box = mark.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
  });
  assert.ok(isInView, "the words of a clicked quotation are in view");
  held("a clicked quotation lights its words and scrolls to them");
  const words = page.locator(".u.answers.candidate .text").first();
  await page.locator(".decide-card").first().click({ position: { x: 8, y: 8 } });
  await words.evaluate((node) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const first = walker.nextNode();
    getSelection().setBaseAndExtent(first, 0, first, Math.min(12, first.data.length));
  });
  await page.locator("#mark-button").click();
  await page.locator(".evidence-part[open] button").click();
  await page.waitForSelector(".own .quote");
  held("selected words become own evidence");
  const confirms = page.locator(".confirm button");
  while (await confirms.count()) {
    const before = await decidedCount(page);
    await confirms.first().click();
    await page.waitForFunction((n) => Number(document.querySelector("#progress .bar-top b").textContent) > n, before);
  }
  const open = page.locator(".decide-card:not(.is-decided) .score-form");
  while (await open.count()) {
    const before = await decidedCount(page);
    await open.first().locator('input[value="none"]').check({ force: true });
    await page.waitForFunction((n) => Number(document.querySelector("#progress .bar-top b").textContent) > n, before);
  }
  await saved(page);
  await page.click("#submit-button");
  await page.waitForURL(/panel/);
  await accessible(page, "panel");
  held("from upload to a submitted scorecard with the mouse");
  for (const path of ["/rubrics", `/rubrics/${rubric}`, "/people", "/audit", "/settings"]) {
    await page.goto(base + path);
    await accessible(page, path);
  }
  assert.deepEqual(faults, [], "the console says nothing");
  held("nothing was refused by the policy and no script failed");
  await context.close();
}

// ---- With the keyboard alone, from the upload on; a file dialogue is the browser's own.
{
  const { context, page } = await enter();
  await page.goto(`${base}/upload`);
  await page.setInputFiles("#files", transcript);
  await page.waitForSelector(".file");
  const press = async (name, key = "Enter") => {
    for (let n = 0; n < 80; n += 1) {
      await page.keyboard.press("Tab");
      const text = await page.evaluate(() => document.activeElement?.textContent ?? "");
      if (text.trim().startsWith(name)) return page.keyboard.press(key);
    }
    assert.fail(`${name} cannot be reached by the keyboard`);
  };
  await press("Start the evaluation");
  await page.getByRole("button", { name: "Begin the review" }).waitFor({ timeout: 120_000 });
  await press("Begin the review");
  await page.waitForSelector(".decide-card");
  await page.keyboard.press("?");
  await page.waitForSelector("#help[open]");
  await page.keyboard.press("Escape");
  const needed = await page.locator(".decide-card").count();
  const isFirst = await page.locator(".decide-card.current .confirm").count();
  if (isFirst) {
    const suggested = await page.locator(".decide-card.current .score-form").getAttribute("data-suggested");
    await page.keyboard.press(suggested === "2" ? "3" : "2");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => Number(document.querySelector("#progress .bar-top b").textContent) === 1);
    held("a number key and a reason override");
  }
  for (let n = await decidedCount(page); n < needed; n = await decidedCount(page)) {
    const key = (await page.locator(".decide-card.current .confirm").count()) ? "c" : "0";
    await page.keyboard.press(key);
    await page.waitForFunction((before) => Number(document.querySelector("#progress .bar-top b").textContent) > before, n);
    await saved(page);
  }
  await page.keyboard.press("s");
  await page.keyboard.press("Enter");
  await page.waitForURL(/panel/);
  held("from upload to a submitted scorecard with the keyboard");
  await context.close();
}

// ---- Two tabs, and a lost connection.
{
  const { context, page } = await enter();
  const address = await uploaded(page);
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.waitForSelector(".decide-card");
  const other = await context.newPage();
  await other.goto(address);
  await page.locator(".confirm button").first().click();
  await page.waitForSelector(".is-decided");
  await other.locator(".decide-card:not(.is-decided) .confirm button").last().click();
  await other.waitForSelector("#save-state.changed");
  assert.equal(await decidedCount(page), 1);
  held("a tab that is behind overwrites nothing and says so");
  await saved(page);
  await context.setOffline(true);
  await page.locator(".confirm button").first().click();
  await page.waitForSelector("#save-state.failed");
  await context.setOffline(false);
  await page.waitForFunction(() => Number(document.querySelector("#progress .bar-top b").textContent) === 2);
  held("what was decided without a connection is saved when it is back");
  await context.close();
}

// ---- Without scripts.
{
  const { context, page } = await enter({ javaScriptEnabled: false });
  const address = await uploadedPlain(page);
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.waitForSelector(".decide-card");
  const first = page.locator(".decide-card:has(.confirm)").first();
  const suggested = await first.locator(".score-form").getAttribute("data-suggested");
  await first.locator(".other summary").click();
  await first.locator(`input[value="${suggested === "2" ? 3 : 2}"]`).check({ force: true });
  await first.locator("select[name=reason]").selectOption("wrong_evidence");
  await first.locator(".score-form button").click();
  await page.waitForSelector(".is-decided");
  held("an override without scripts");
  while (await page.locator(".confirm button").count()) await page.locator(".confirm button").first().click();
  let open = page.locator(".decide-card:not(.is-decided) .score-form");
  while (await open.count()) {
    await open.first().locator('input[value="none"]').check({ force: true });
    await open.first().locator("button").click();
  }
  await page.click("#submit-button");
  await page.waitForURL(/panel/);
  held("from upload to a submitted scorecard without scripts");
  assert.ok(address);
  await context.close();
}
async function uploadedPlain(page) {
  await page.goto(`${base}/upload`);
  await page.setInputFiles("#files", transcript);
  await page.click("#upload button");
  await page.getByRole("button", { name: "Start the evaluation" }).click();
  const begin = page.getByRole("button", { name: "Begin the review" });
  // The page reads itself again while the evaluation runs.
  await begin.waitFor({ timeout: 120_000 });
  return page.url();
}

// ---- Blind-first.
{
  const { context, page } = await enter();
  await page.goto(`${base}/rubrics/${rubric}`);
  await page.selectOption("#mode", "blind_first");
  await page.getByRole("button", { name: "Save" }).click();
  await uploaded(page);
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.waitForSelector(".decide-card");
  assert.equal(await page.locator(".suggestion, .quote").count(), 0);
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("3");
  await page.waitForSelector(".decide-card.current .suggestion, .decide-card.current .abstained");
  assert.match(await page.locator(".decide-card.current").innerText(), /Your first score: 3/);
  held("blind-first shows the suggestion after the own score");
  await page.goto(`${base}/rubrics/${rubric}`);
  await page.selectOption("#mode", "assisted");
  await page.getByRole("button", { name: "Save" }).click();
  await context.close();
}

if (pictures) mkdirSync(pictures, { recursive: true });
await browser.close();
held("all");
