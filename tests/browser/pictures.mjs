// Takes pictures of every page of a running service at three widths, light and dark, to be looked at:
// `node pictures.mjs CHROMIUM BASE EMAIL PASSWORD FOLDER INTERVIEW RUBRIC TRANSCRIPT`.
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";

const [executablePath, base, email, password, folder, interview, rubric, transcript] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const pages = { home: "/", upload: "/upload", review: `/interviews/${interview}`, panel: `/interviews/${interview}/panel`, rubrics: "/rubrics", rubric: `/rubrics/${rubric}`, people: "/people", audit: "/audit", settings: "/settings" };
for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 900, 390]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(`${base}/signin`);
    await page.screenshot({ path: `${folder}/signin-${width}-${colorScheme}.png` });
    await page.fill("#email", email);
    await page.fill("#password", password);
    await page.click("#signin button");
    await page.waitForURL(`${base}/`);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(base + path);
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) console.log(`${name} at ${width} is ${over} pixels too wide`);
    }
    await page.goto(`${base}/upload`);
    await page.setInputFiles("#files", [transcript, "package.json"]);
    await page.waitForSelector(".file");
    await page.screenshot({ path: `${folder}/uploaded-${width}-${colorScheme}.png` });
    await context.close();
  }
}
await browser.close();
