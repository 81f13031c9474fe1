// Files of tables: made by the server of what is shown, and written into the trail there.

import type { BodyOf } from './api-types';
import { download } from './http';
import { scopeSchool } from './scope';

export type SheetFormat = 'xlsx' | 'csv';
export type ShownTable = Omit<BodyOf<'make_xlsx'>, 'school_id'>;

export function exportTable(format: SheetFormat, table: ShownTable): Promise<void> {
  const school = scopeSchool.value?.id;
  const body: BodyOf<'make_xlsx'> = { ...table, ...(school && { school_id: school }) };
  return download(`/api/org/sheets.${format}`, `${table.name}.${format}`, { body });
}
