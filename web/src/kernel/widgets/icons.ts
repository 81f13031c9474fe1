import type { deskIcons } from './deskicons';

// Line icons on a 20 by 20 grid, drawn for this product: paths only.
export const icons = {
  check: 'M4 10.5l4 4 8-9',
  cross: 'M5 5l10 10M15 5L5 15',
  alert: 'M10 3.2L18 17H2zM10 8.2v4M10 14.4v.2',
  info: 'M10 2.5a7.5 7.5 0 110 15 7.5 7.5 0 010-15M10 9v5M10 6v.2',
  clock: 'M10 2.5a7.5 7.5 0 110 15 7.5 7.5 0 010-15M10 5.8V10l3 2',
  dash: 'M5 10h10',
  search: 'M9 3.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11M13 13l4 4',
  right: 'M8 5l5 5-5 5',
  left: 'M12 5l-5 5 5 5',
  plus: 'M10 4v12M4 10h12',
  download: 'M10 3v9M6 8.5l4 4 4-4M3.5 16.5h13',
  home: 'M3.5 9.5L10 4l6.5 5.5M5.5 8v8.5h9V8M8.5 16.5v-4h3v4',
  school: 'M3 17h14M4.5 17V8L10 4.5 15.5 8v9M10 4.5V2.5h3M8.3 17v-4h3.4v4M7.5 9.5h1M11.5 9.5h1',
  person: 'M10 3.5a3 3 0 110 6 3 3 0 010-6M4 17c0-3.7 2.3-5.3 6-5.3s6 1.6 6 5.3',
  print: 'M6 7V3.5h8V7M6 13.5H3.5V7h13v6.5H14M6 11h8v5.5H6z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  share: 'M10 12V3.5M6.8 6.2L10 3l3.2 3.2M6 9H4.5v7.5h11V9H14',
  eye: 'M2 10c2-3.5 4.7-5.2 8-5.2s6 1.7 8 5.2c-2 3.5-4.7 5.2-8 5.2S4 13.5 2 10M10 7.6a2.4 2.4 0 110 4.8 2.4 2.4 0 010-4.8',
  lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 016 0V9M10 12v1.8',
  shield: 'M10 2.8l6 2v4.7c0 3.8-2.3 6.3-6 7.7-3.7-1.4-6-3.9-6-7.7V4.8z',
  out: 'M8 3.5H4v13h4M8 10h9M13.5 6.5L17 10l-3.5 3.5',
  edit: 'M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2zM11.5 6l2.6 2.6',
  gear: 'M10 7.2a2.8 2.8 0 110 5.6 2.8 2.8 0 010-5.6M10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4',
  offline:
    'M3 3l14 14M6.3 11.6a5.3 5.3 0 013-1.4M3.5 8.6a9.3 9.3 0 013-2M13.8 11.7a5.3 5.3 0 00-1.5-1M16.5 8.6a9.5 9.5 0 00-6.8-2.4M10 15.2v.2',
} as const;

/** Those of the desk come with it (deskicons.ts): a phone needs none of them. */
export type IconName = keyof typeof icons | keyof typeof deskIcons;

export const pathOf = (name: IconName): string => (icons as Record<string, string>)[name] ?? '';
