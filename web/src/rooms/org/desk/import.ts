import type { ImportState } from '@/kernel/api-types';

export const STATE_TONES: Record<ImportState, 'pass' | 'warn' | 'fail' | 'info' | 'plain'> = {
  preview: 'info',
  refused: 'fail',
  applying: 'info',
  applied: 'pass',
  cancelled: 'plain',
  failed: 'fail',
  unchanged: 'plain',
};

/** A file's format by its name: OneRoster comes zipped, rosters as sheets. */
export const formatOf = (name: string): 'roster' | 'oneroster' =>
  /\.zip$/i.test(name) ? 'oneroster' : 'roster';

export const LARGEST = 100 * 1024 * 1024;

/** Why a file cannot be taken at all, as a key of the catalogue; nothing if it can be tried. */
export function unfit(file: { name: string; size: number }) {
  if (/\.(xls|et|numbers|ods)$/i.test(file.name)) return 'import.old_format' as const;
  if (!/\.(xlsx|csv|zip)$/i.test(file.name)) return 'import.wrong_format' as const;
  if (file.size > LARGEST) return 'import.too_large' as const;
  return file.size === 0 ? ('import.empty_file' as const) : null;
}
