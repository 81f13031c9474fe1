// Without a mouse: log in, find a child, open and leave its page. And what the desk says when the
// server does not answer, or answers late.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ask, firstClass, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

/** Presses Tab until that has the focus, and shows where it is. */
async function tabTo(page: Page, selector: string, most = 40): Promise<void> {
  for (let n = 0; n < most; n += 1) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate((what) => document.activeElement?.matches(what), selector);
    if (!found) continue;
    const seen = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    });
    assert.ok(seen, `${selector} does not show that it has the focus`);
    return;
  }
  assert.fail(`Tab does not reach ${selector} of ${page.url()}`);
}

test('logging in and searching by keyboard only', { timeout: 240_000 }, async () => {
  const page = await world.desk();
  await page.goto('/login');
  await page.getByLabel('用户名').waitFor();
  // The first field has the focus already.
  await page.keyboard.type('clerk1');
  await tabTo(page, 'input[type=password]');
  await page.keyboard.type('shuangjian-demo');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/desk/);
  const id = await firstClass(page);
  const { rows } = await ask<{ rows: { id: string; name: string }[] }>(
    page,
    `/api/org/classes/${id}/pupils`,
  );
  const child = rows[0]!;

  await page.goto('/desk/people');
  await page.locator('h1').waitFor();
  // One key past the menu.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip no-print');
  await tabTo(page, 'input[type=search]');
  await page.keyboard.type(child.name);
  await page.locator(`tbody a[href$="/people/${child.id}"]`).waitFor();
  await tabTo(page, `tbody a[href$="/people/${child.id}"]`);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/desk/people/${child.id}`));
  await page.locator('h1', { hasText: child.name }).waitFor();
  await page.goBack();
  await page.waitForURL(/\/desk\/people\?q=/);
  assert.equal(await page.locator('input[type=search]').inputValue(), child.name);

  // A panel takes the focus, and Escape gives it back.
  await page.goto(`/desk/classes/${id}?side=pupil`);
  await page.locator('.side-panel').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.side-panel').waitFor({ state: 'detached' });
  assert.deepEqual(world.faults, []);
});

test('a server that is away, and one that is slow', { timeout: 240_000 }, async () => {
  const page = await world.desk();
  await world.logIn(page, 'clerk1');
  const overview = /\/api\/org\/overview/;
  await page.route(overview, (route) => route.abort());
  await page.goto('/desk');
  const box = page.getByRole('alert').first();
  await box.waitFor();
  assert.match((await box.textContent())!, /连不上服务器.*联网后再试/);
  await page.unroute(overview);
  await box.getByRole('button', { name: '再试一次' }).click();
  await page.locator('.figure').first().waitFor();

  await page.route(overview, async (route) => {
    await new Promise((wait) => setTimeout(wait, 3_000));
    await route.continue();
  });
  await page.goto('/desk', { waitUntil: 'domcontentloaded' });
  await page.locator('.skeleton').first().waitFor();
  await page.locator('.figure').first().waitFor();
  world.faults.splice(
    0,
    world.faults.length,
    ...world.faults.filter((one) => !/ERR_FAILED/.test(one)),
  );
  assert.deepEqual(world.faults, []);
});
