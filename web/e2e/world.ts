// The product as its users meet it: a real server with the demo district, a real browser.
//
//   SJ_PROGRAM   the program (default ../build/release/shuangjian)
//   SJ_SITE      pages from this folder instead of those in the program
//   SJ_CHROMIUM  the browser (default /usr/bin/chromium)
//   SJ_GUIDE=1   also takes the pictures of docs/guide/img

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = process.env['SJ_PROGRAM'] ?? join(ROOT, 'build/release/shuangjian');
const PICTURES = join(ROOT, 'docs/guide/img');
const PASSWORD = 'shuangjian-demo';
const DEMO = ['--seed', 'journeys', '--schools', '3', '--pupils', '240', '--on', '2026-10-12'];

/** A busy machine is slow, not wrong. */
const PATIENCE_MS = 30_000;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((ready) => probe.listen(0, '127.0.0.1', ready));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

export interface World {
  base: string;
  browser: Browser;
  desk(): Promise<Page>;
  phone(options?: BrowserContextOptions): Promise<Page>;
  logIn(page: Page, username: string): Promise<void>;
  picture(page: Page, name: string): Promise<void>;
  /** What went wrong in the pages: errors of scripts, and replies of the server's own faults. */
  faults: string[];
  close(): Promise<void>;
}

export async function open(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'sj-e2e-'));
  const data = join(folder, 'data');
  const made = spawnSync(PROGRAM, ['demo', '--data', data, ...DEMO], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr || String(made.error));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const server: ChildProcess = spawn(
    PROGRAM,
    ['serve', '--data', data, '--listen', `127.0.0.1:${port}`],
    { stdio: 'ignore' },
  );
  for (let tried = 0; ; tried += 1) {
    const alive = await fetch(`${base}/healthz`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (alive) break;
    assert.ok(tried * 50 < PATIENCE_MS && server.exitCode === null, 'the server did not start');
    await new Promise((wait) => setTimeout(wait, 50));
  }
  const browser = await chromium.launch({
    executablePath: process.env['SJ_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--lang=zh-CN', // date fields follow the browser, not the page
    ],
  });
  const faults: string[] = [];

  async function page(options: BrowserContextOptions): Promise<Page> {
    const context: BrowserContext = await browser.newContext({
      locale: 'zh-CN',
      timezoneId: 'America/New_York', // the school's clock is +08:00 wherever the device is
      baseURL: base,
      serviceWorkers: 'block',
      acceptDownloads: true,
      ...options,
    });
    const site = process.env['SJ_SITE'];
    if (site) {
      await context.route(/^[^?#]*\/\/[^/]+\/(?!api\/)/, (route) => {
        const { pathname } = new URL(route.request().url());
        const path = join(site, /\.\w+$/.test(pathname) ? pathname : 'index.html');
        return route.fulfill({ path });
      });
    }
    const opened = await context.newPage();
    opened.setDefaultTimeout(PATIENCE_MS);
    opened.on('pageerror', (error) => faults.push(`${opened.url()}: ${error.message}`));
    opened.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !/status of 4\d\d/.test(text)) {
        faults.push(`${opened.url()}: ${text}`);
      }
    });
    opened.on('response', (reply) => {
      if (reply.status() >= 500) faults.push(`${reply.status()} ${reply.url()}`);
    });
    return opened;
  }

  return {
    base,
    browser,
    faults,
    desk: () => page({ viewport: { width: 1440, height: 900 } }),
    phone: (options) =>
      page({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, ...options }),
    async logIn(at, username) {
      await at.goto('/login');
      await at.getByLabel('用户名').fill(username);
      await at.getByLabel('密码', { exact: true }).fill(PASSWORD);
      await at.getByRole('button', { name: '登录', exact: true }).click();
      await at.waitForURL(/\/desk/);
    },
    async picture(at, name) {
      if (!process.env['SJ_GUIDE']) return;
      mkdirSync(PICTURES, { recursive: true });
      await at.waitForTimeout(300);
      await at.screenshot({ path: resolve(PICTURES, `${name}.png`) });
    },
    async close() {
      await browser.close();
      server.kill('SIGTERM');
      await new Promise((gone) => (server.exitCode === null ? server.once('exit', gone) : gone(0)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong for keyboards and screen readers (WCAG 2.2 AA): nothing. */
export async function isAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run({ runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
  });
  assert.deepEqual(found, [], page.url());
}

/** Nothing on the page is wider than the page. */
export async function fitsWidth(page: Page): Promise<void> {
  // Not the window's width: a phone widens that to what does not fit.
  const over = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than the screen`);
}

/** Every button and link a finger would meet is at least 44 px high, or inside a line of text. */
export async function fitsFinger(page: Page): Promise<void> {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a, input:not([type=radio]), select')]
      .filter((one) => {
        const { height, width } = one.getBoundingClientRect();
        const inText = getComputedStyle(one).display === 'inline';
        return height > 0 && width > 1 && height < 44 && !inText && !one.closest('label, .skip');
      })
      .map(
        (one) => `${one.tagName} ${one.textContent.trim()} ${one.getBoundingClientRect().height}`,
      ),
  );
  assert.deepEqual(small, []);
}

export const ask = <T>(page: Page, path: string): Promise<T> =>
  page.evaluate(async (address) => (await (await fetch(address)).json()) as T, path);

/** The first class of the clerk's school. */
export async function firstClass(clerk: Page): Promise<string> {
  interface Rows {
    rows: { id: string }[];
  }
  const school = (await ask<Rows>(clerk, '/api/org/schools')).rows[0]!.id;
  return (await ask<Rows>(clerk, `/api/org/schools/${school}/classes`)).rows[0]!.id;
}

/** A parent has joined on this phone with a card of that class; gives the child. */
export async function joinFamily(
  world: World,
  clerk: Page,
  phone: Page,
  classId: string,
): Promise<{ id: string; name: string }> {
  await clerk.goto(`/desk/print/invitations?classes=${classId}`);
  const making = clerk.waitForResponse((reply) => /\/invitations$/.test(reply.url()));
  await clerk.getByRole('button', { name: /^生成 \d+ 张邀请$/ }).click();
  const { rows } = (await (await making).json()) as {
    rows: { pupil_id: string; name: string; url: string }[];
  };
  const card = rows[0]!;
  await clerk.locator('.invite-card').first().waitFor();
  const { birth_day } = await ask<{ birth_day: string }>(clerk, `/api/org/people/${card.pupil_id}`);
  await clerk.evaluate(() => dispatchEvent(new Event('afterprint')));
  await phone.goto(new URL(card.url, world.base).pathname);
  await phone.getByText('请确认是您的孩子').waitFor();
  const fields = await phone.locator('.join-birth input').all();
  for (const [n, part] of birth_day.split('-').entries()) await fields[n]!.fill(String(+part));
  const relation = phone.getByText('母亲', { exact: true });
  if (await relation.isVisible()) await relation.click();
  const name = phone.getByLabel('您的姓名');
  if (await name.isVisible()) await name.fill('李敏');
  await phone.getByRole('button', { name: '同意并进入' }).click();
  await phone.waitForURL(/\/my/);
  await phone.getByText(card.name).first().waitFor();
  return { id: card.pupil_id, name: card.name };
}

/** Somebody of the school who made no code says that all who wait are guardians. */
export async function confirmNewcomers(world: World): Promise<void> {
  const principal = await world.desk();
  await world.logIn(principal, 'principal1');
  const status = await principal.evaluate(async () => {
    interface Session {
      csrf: string;
    }
    interface Waiting {
      rows: { account: string; child: { id: string } }[];
    }
    const { csrf } = (await (await fetch('/api/session')).json()) as Session;
    const { rows } = (await (await fetch('/api/org/newcomers')).json()) as Waiting;
    const body = {
      rows: rows.map((row) => ({ child_id: row.child.id, account_id: row.account })),
      verdict: 'confirmed',
    };
    const reply = await fetch('/api/org/newcomers/decide', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
      body: JSON.stringify(body),
    });
    return reply.status;
  });
  assert.equal(status, 200);
  await principal.close();
}
