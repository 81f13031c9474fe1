// Sealed data: asked for, approved, looked at, and the family sees who looked. Why somebody may see
// a child; a role that ends at once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { firstClass, isAccessible, joinFamily, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

test('a look at a sealed number, from asking to the family', { timeout: 240_000 }, async () => {
  const clerk = await world.desk();
  await world.logIn(clerk, 'clerk1');
  const phone = await world.phone();
  const child = await joinFamily(world, clerk, phone, await firstClass(clerk));
  await phone.goto(`/my/${child.id}/looks`);
  await phone.getByText('还没有人看过').waitFor();

  // Without leave nothing is shown, and the way to ask is there.
  const purpose = '核对学籍系统里的证件号码';
  await clerk.goto(`/desk/people/${child.id}`);
  await clerk.locator('.sealed button', { hasText: '查看' }).first().click();
  await clerk.locator('dialog textarea').fill(purpose);
  await clerk.locator('dialog').getByRole('button', { name: '查看' }).click();
  await clerk.locator('.sealed-ask').waitFor();
  await isAccessible(clerk);
  await world.picture(clerk, 'desk-sealed');
  await clerk.locator('.sealed-ask button[type=submit]').click();
  await clerk.locator('.sealed-ask').waitFor({ state: 'detached' });

  const principal = await world.desk();
  await world.logIn(principal, 'principal1');
  await principal.getByText(/件查看敏感资料的申请等待审批/).waitFor();
  await principal.getByRole('link', { name: '去审批' }).click();
  await principal.getByText(purpose).first().waitFor();
  await isAccessible(principal);
  await world.picture(principal, 'desk-grant');
  const yes = /^(批准|同意)/;
  await principal.locator('.case').getByRole('button', { name: yes }).first().click();
  await principal.locator('dialog').getByRole('button', { name: yes }).click();
  await principal.locator('.toast').first().waitFor();

  await clerk.goto(`/desk/people/${child.id}`);
  await clerk.locator('.sealed button', { hasText: '查看' }).first().click();
  await clerk.locator('dialog textarea').fill(purpose);
  await clerk.locator('dialog').getByRole('button', { name: '查看' }).click();
  await clerk.locator('.sealed .mono', { hasText: /^[0-9]{17}[0-9X]$/ }).waitFor();

  // What it was for is shown to whom the school knows: somebody who did not make the code confirms.
  await phone.goto(`/my/${child.id}`);
  await phone.getByRole('heading', { name: '等学校确认' }).waitFor();
  await isAccessible(phone);
  await world.picture(phone, 'phone-waiting');
  await phone.goto(`/my/${child.id}/looks`);
  await phone.getByText('学校确认您是家长后显示').waitFor();
  await principal.goto('/desk/queues/newcomers');
  await principal.locator('tbody input[type=checkbox]').first().check();
  await isAccessible(principal);
  await world.picture(principal, 'desk-newcomers');
  // He joined in the browser that made the code, as the clerk's and his are one here: asked twice.
  await principal.getByRole('button', { name: '确认是家长' }).click();
  await principal.locator('dialog').getByRole('button', { name: '确认是家长' }).click();
  await principal.locator('.toast', { hasText: '已处理 1 位' }).waitFor();

  await phone.goto(`/my/${child.id}/looks`);
  await phone.getByText(purpose).waitFor();
  await phone.getByText('查看了证件号码').waitFor();
  await isAccessible(phone);
  await world.picture(phone, 'phone-looks');

  // Why the clerk may see the child.
  await principal.goto('/desk/access/why');
  const clerkName = (await clerk.locator('.desk-me strong').textContent())!.trim();
  for (const [label, name] of [
    ['谁（教职工）', clerkName],
    ['看到谁', child.name],
  ] as const) {
    await principal.getByLabel(label).fill(name);
    await principal.locator('[role=option]', { hasText: name }).first().click();
  }
  await principal.getByText(`${clerkName} 能看到 ${child.name}`).waitFor();
  await principal.getByText('教务员', { exact: true }).waitFor();
  await isAccessible(principal);
  await world.picture(principal, 'desk-why');

  // The role ends, and with it the next look.
  await principal.goto('/desk/access');
  const row = principal.locator('tr.data', { hasText: clerkName }).filter({ hasText: '教务员' });
  await row.getByRole('button', { name: '撤销' }).click();
  await principal.locator('dialog').getByRole('button', { name: '撤销' }).click();
  await principal.locator('.toast').first().waitFor();
  await clerk.goto(`/desk/people/${child.id}`);
  await clerk.getByRole('alert').first().waitFor();
  assert.ok(!(await clerk.locator('main').textContent())!.includes(child.name));
  assert.deepEqual(world.faults, []);
});
