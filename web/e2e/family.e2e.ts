// A parent joins on a phone, invites the other, sees who looked; the school cuts them off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { confirmNewcomers, fitsFinger, fitsWidth, isAccessible, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

interface Made {
  rows: { pupil_id: string; name: string; code: string; url: string }[];
}

test('joining, inviting, and being cut off', { timeout: 240_000 }, async () => {
  // The clerk prints invitations of the first class with families that have not joined.
  const desk = await world.desk();
  await world.logIn(desk, 'clerk1');
  await desk.getByRole('link', { name: '本校' }).click();
  await desk.waitForSelector('tbody tr.data');
  await desk.locator('tbody tr.data .row-link').first().click();
  await desk.waitForURL(/\/desk\/classes\//);
  await isAccessible(desk);
  await world.picture(desk, 'desk-class');
  await desk.getByRole('link', { name: '打印邀请' }).click();
  const making = desk.waitForResponse((reply) => /\/invitations$/.test(reply.url()));
  await desk.getByRole('button', { name: /^生成 \d+ 张邀请$/ }).click();
  const made = (await (await making).json()) as Made;
  assert.ok(made.rows.length > 0);
  await desk.waitForSelector('.invite-card');
  assert.equal(await desk.locator('.invite-card').count(), made.rows.length);
  await world.picture(desk, 'desk-print');
  const card = made.rows[0]!;

  // The child's birth date, as the family knows it.
  const pupil = await desk.evaluate(
    async (id) => (await (await fetch(`/api/org/people/${id}`)).json()) as { birth_day: string },
    card.pupil_id,
  );
  const [year, month, day] = pupil.birth_day.split('-').map(Number) as [number, number, number];

  // A phone scans the code.
  const phone = await world.phone();
  await phone.goto(new URL(card.url, world.base).pathname);
  await phone.getByText('请确认是您的孩子').waitFor();
  assert.ok(!(await phone.content()).includes(card.name), 'the full name before the proof');
  await fitsWidth(phone);
  await fitsFinger(phone);
  await isAccessible(phone);
  await world.picture(phone, 'phone-join');
  const [yearField, monthField, dayField] = await phone.locator('.join-birth input').all();

  // A wrong date is refused in a sentence, and what was typed stays.
  await yearField!.fill(String(year));
  await monthField!.fill(String(month));
  await dayField!.fill(String((day % 28) + 1));
  const relation = phone.getByText('母亲', { exact: true });
  if (await relation.isVisible()) await relation.click();
  const name = phone.getByLabel('您的姓名');
  if (await name.isVisible()) await name.fill('李敏');
  await phone.getByRole('button', { name: '同意并进入' }).click();
  await phone.getByText('出生日期与学校登记的不一致').waitFor();
  await dayField!.fill(String(day));
  await phone.getByRole('button', { name: '同意并进入' }).click();
  await phone.waitForURL(/\/my/);
  await phone.getByText(card.name).first().waitFor();
  await fitsWidth(phone);
  await fitsFinger(phone);
  await isAccessible(phone);
  await world.picture(phone, 'phone-children');

  // The child's page: who looked, and the other guardian.
  await phone.locator('.child-top').first().click();
  await phone.waitForURL(/\/my\/\d+$/);
  await phone.getByText('谁看过孩子的资料').waitFor();
  await world.picture(phone, 'phone-child');

  // He may invite once the school has confirmed him.
  assert.equal(await phone.getByRole('link', { name: '邀请另一位家长' }).count(), 0);
  await confirmNewcomers(world);
  await phone.reload();
  await phone.getByRole('link', { name: '邀请另一位家长' }).click();
  await phone.locator('.join-relation', { hasText: '父亲' }).click();
  const other = phone.getByLabel('对方姓名');
  if ((await other.inputValue()) === '') await other.fill('李建国');
  await phone.getByRole('button', { name: '生成邀请' }).click();
  await phone.locator('.qr').waitFor();
  const code = ((await phone.locator('.invite-code').textContent()) ?? '').replaceAll(/\W/g, '');
  await world.picture(phone, 'phone-invite');

  // The other one joins with it, on a phone set to English.
  const second = await world.phone();
  await second.goto('/j');
  await second.getByRole('button', { name: 'English' }).click();
  await second.getByLabel('Invitation code').fill(code.toLowerCase());
  await second.getByRole('button', { name: 'Next' }).click();
  await second.getByText('Confirm that this is your child').waitFor();
  const fields = await second.locator('.join-birth input').all();
  await fields[0]!.fill(String(year));
  await fields[1]!.fill(String(month));
  await fields[2]!.fill(String(day));
  await second.getByRole('button', { name: 'Agree and enter' }).click();
  await second.waitForURL(/\/my/);
  await second.getByText(card.name).first().waitFor();
  await world.picture(second, 'phone-english');

  // The school cuts the family off: both phones are out.
  await desk.goto(`/desk/people/${card.pupil_id}`);
  await desk.getByText('基本信息').waitFor();
  await isAccessible(desk);
  await world.picture(desk, 'desk-person');
  await desk.getByRole('button', { name: '断开家长的设备' }).click();
  await world.picture(desk, 'desk-revoke');
  await desk.locator('dialog').getByRole('button', { name: '断开家长的设备' }).click();
  await desk.getByText(`已断开 ${card.name} 家长的设备`).waitFor();
  await phone.goto('/my');
  await phone.waitForURL(/\/j|\/my/);
  await phone.waitForTimeout(500);
  assert.equal(await phone.getByText(card.name).count(), 0, 'the child is still shown');
  assert.deepEqual(world.faults, []);
});
