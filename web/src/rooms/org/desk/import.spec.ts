import { describe, expect, it } from 'vitest';
import { formatOf, LARGEST, unfit } from './import';

describe('a file to import', () => {
  it('tells its format by its name', () => {
    expect(formatOf('district.ZIP')).toBe('oneroster');
    expect(formatOf('三年级.xlsx')).toBe('roster');
  });
  it('is refused with what would be accepted', () => {
    expect(unfit({ name: '名册.xlsx', size: 10 })).toBeNull();
    expect(unfit({ name: '名册.xls', size: 10 })).toBe('import.old_format');
    expect(unfit({ name: '名册.docx', size: 10 })).toBe('import.wrong_format');
    expect(unfit({ name: '名册.csv', size: LARGEST + 1 })).toBe('import.too_large');
    expect(unfit({ name: '名册.csv', size: 0 })).toBe('import.empty_file');
  });
});
