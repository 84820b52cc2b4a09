// Takes pictures of every page of a running service at three widths, light and dark, to be looked at:
// `node pictures.mjs CHROMIUM BASE EMAIL PASSWORD FOLDER INTERVIEW RUBRIC TRANSCRIPT`.
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";

const [executablePath, base, email, password, folder, interview, rubric, transcript] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const pages = { home: "/", upload: "/upload", review: `/interviews/${interview}`, panel: `/interviews/${interview}/panel`, answers: "/answers", found: "/answers?q=tests", rubrics: "/rubrics", rubric: `/rubrics/${rubric}`, edit: `/rubrics/${rubric}/edit`, new: "/rubrics/new", people: "/people", audit: "/audit", settings: "/settings", calibrations: "/calibration", missing: "/interviews/nothing" };
// Pages whose address only another page knows: where it is linked, and how.
const linked = { calibration: ["/calibration", "tbody a"], changes: [`/rubrics/${rubric}`, "a[href*='/changes']"], precedents: [`/interviews/${interview}`, "a[href*='/precedents/']"] };
for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 900, 390]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(`${base}/signin`);
    await page.screenshot({ path: `${folder}/signin-${width}-${colorScheme}.png` });
    await page.goto(`${base}/setup`);
    await page.screenshot({ path: `${folder}/setup-${width}-${colorScheme}.png` });
    await page.goto(`${base}/signin`);
    await page.fill("#email", email);
    await page.fill("#password", password);
    await page.click("#signin button");
    await page.waitForURL(`${base}/`);
    const paths = { ...pages };
    for (const [name, [from, selector]] of Object.entries(linked)) {
      await page.goto(base + from);
      const path = await page.locator(selector).first().getAttribute("href", { timeout: 2000 }).catch(() => null);
      if (path) paths[name] = path;
    }
    await page.goto(`${base}/calibration`);
    if (await page.locator("form[action='/calibration/compare'] button").count()) {
      await page.click("form[action='/calibration/compare'] button");
      paths.compared = new URL(page.url()).pathname + new URL(page.url()).search;
    }
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(base + path);
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) console.log(`${name} at ${width} is ${over} pixels too wide`);
    }
    await page.goto(`${base}/upload`);
    await page.setInputFiles("#files", [transcript, "package.json"]);
    await page.waitForSelector(".file");
    await page.screenshot({ path: `${folder}/uploaded-${width}-${colorScheme}.png` });
    if (width === 1440 && colorScheme === "light") {
      for (const name of ["review", "panel", "calibration"]) {
        await page.goto(base + paths[name]);
        await page.pdf({ path: `${folder}/${name}.pdf`, format: "A4" });
      }
    }
    await context.close();
  }
}
await browser.close();
