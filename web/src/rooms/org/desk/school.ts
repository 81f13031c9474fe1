// Words and shares used by the pages about schools and classes.
import { word } from '@/kernel/i18n';

export const STAGES = ['primary', 'junior', 'nine_year'] as const;
export const KINDS = ['public', 'private'] as const;
export const POSTS = ['principal', 'clerk', 'teacher', 'doctor', 'counsellor', 'other'] as const;

/** "36 / 40", and the share for sorting: pupils of whom a family has joined. */
export const joinedText = (row: { joined_pupils: number; pupils: number }): string =>
  `${row.joined_pupils} / ${row.pupils}`;

export const notJoined = (row: { joined_pupils: number; pupils: number }): number =>
  row.pupils - row.joined_pupils;

export const gradeName = (grade: number | undefined): string =>
  grade ? word('grade', String(grade)) : '';

export const sum = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);
