// A bad line: the family's pages open without one, say so, and lose nothing that was typed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, confirmNewcomers, firstClass, joinFamily, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

test('offline, a page says so and keeps what is typed', { timeout: 240_000 }, async () => {
  const clerk = await world.desk();
  await world.logIn(clerk, 'clerk1');
  const phone = await world.phone({ serviceWorkers: 'allow' });
  const child = await joinFamily(world, clerk, phone, await firstClass(clerk));
  await confirmNewcomers(world);
  await phone.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  // Typed, not sent: a draft is there after the page was closed.
  const address = `/my/${child.id}/requests`;
  await phone.goto(address);
  await phone.getByLabel('应该是什么').fill('名字里的“禾”写成了“和”');
  await phone.goto('/my');
  await phone.goto(address);
  assert.equal(await phone.getByLabel('应该是什么').inputValue(), '名字里的“禾”写成了“和”');

  // Sent without a line: kept, said, and sent once the line is back, once.
  await phone.context().setOffline(true);
  await phone.getByText('现在没有网络').waitFor();
  await phone.getByRole('button', { name: '提交' }).click();
  await phone.getByText('1件已存本机，联网后提交').waitFor();
  await world.picture(phone, 'phone-offline');

  // The page opens anew without a line, and still knows.
  await phone.reload();
  await phone.getByText('1件已存本机，联网后提交').waitFor();
  await phone.getByText('连不上服务器').first().waitFor();

  await phone.context().setOffline(false);
  await phone.getByText('存在本机的内容已提交').waitFor();
  const sent = await ask<{ rows: { text: string }[] }>(
    phone,
    `/api/family/children/${child.id}/requests`,
  );
  assert.deepEqual(
    sent.rows.map(({ text }) => text),
    ['名字里的“禾”写成了“和”'],
  );
  const left = world.faults.filter((one) => !/ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(one));
  assert.deepEqual(left, []);
});
