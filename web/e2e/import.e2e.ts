// A clerk imports a roster with 14 faults, sees each of them, mends it, imports it again, prints.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isAccessible, open } from './world.js';
import type { World } from './world.js';

let world: World;
before(async () => {
  world = await open();
});
after(() => world.close());

const HEAD = '年级,班级,姓名,性别,出生日期,监护人1姓名,监护人1关系,监护人1电话';
const SURNAMES = '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许';

/** Twenty pupils of a new class; those named in `faults` with a value that cannot be. */
function roster(faults: boolean): string {
  const lines = [...SURNAMES].map((surname, n) => {
    const row = [
      '一年级',
      '9',
      `${surname}小满`,
      n % 2 ? '男' : '女',
      `2020-0${1 + (n % 9)}-1${n % 9}`,
      `${surname}大山`,
      '父亲',
      `1380000${String(1000 + n)}`,
    ];
    if (faults && n < 5) row[4] = '2020-13-40';
    else if (faults && n < 10) row[3] = '未';
    else if (faults && n < 14) row[7] = '12';
    return row.join(',');
  });
  return `\ufeff${[HEAD, ...lines].join('\r\n')}\r\n`;
}

test('a roster with 14 faults', { timeout: 240_000 }, async () => {
  const desk = await world.desk();
  await world.logIn(desk, 'clerk1');
  await desk.getByText('需要处理').or(desk.locator('.needs')).first().waitFor();
  await isAccessible(desk);
  await world.picture(desk, 'desk-overview');

  const upload = async (text: string) => {
    await desk.goto('/desk/imports/new');
    await desk.locator('input[type=file]').setInputFiles({
      name: '一年级9班.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(text),
    });
    await desk.waitForURL(/\/desk\/imports\/\d+/);
    await desk.locator('.tag', { hasText: '等待确认' }).waitFor();
  };

  await upload(roster(true));
  await desk.getByText('有 14 处错误').waitFor();
  await desk.locator('tbody tr.data').first().waitFor();
  assert.equal(await desk.locator('tbody tr.data').count(), 14);
  const first = (await desk.locator('tbody tr.data').first().textContent())!;
  for (const part of ['2 行', '赵小满', '出生日期', '2020-13-40'])
    assert.ok(first.includes(part), first);
  await isAccessible(desk);
  await world.picture(desk, 'desk-import-faults');
  const sheet = desk.waitForEvent('download');
  await desk.getByRole('button', { name: '下载标色表格' }).click();
  assert.match((await sheet).suggestedFilename(), /\.xlsx$/);

  // Mended: all twenty come in.
  await upload(roster(false));
  await desk.getByRole('link', { name: /新增/ }).waitFor();
  await world.picture(desk, 'desk-import-preview');
  await desk.getByRole('button', { name: '写入', exact: true }).click();
  await desk.locator('dialog').getByRole('button', { name: '写入' }).click();
  await desk.locator('.tag', { hasText: '已写入' }).waitFor();

  // The same file again changes nothing.
  await upload(roster(false));
  await desk.getByText('没有要写入的').waitFor();

  // The new class prints twenty invitations.
  await desk.getByRole('link', { name: '本校' }).click();
  await desk.locator('tbody .row-link', { hasText: '9班' }).first().click();
  await desk.waitForURL(/\/desk\/classes\//);
  await desk.getByRole('link', { name: '打印邀请' }).click();
  await desk.getByRole('button', { name: '生成 20 张邀请' }).click();
  await desk.waitForSelector('.invite-card');
  assert.equal(await desk.locator('.invite-card').count(), 20);
  assert.equal(await desk.locator('.sheet').count(), 3);
  assert.deepEqual(world.faults, []);
});
