// Icons that only the desk shows, put beside the others when the desk is loaded.
import { icons } from './icons';

export const deskIcons = {
  down: 'M5 8l5 5 5-5',
  up: 'M5 12l5-5 5 5',
  upload: 'M10 13V4M6 7.5l4-4 4 4M3.5 16.5h13',
  columns: 'M3 4h14v12H3zM8 4v12M12.5 4v12',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  people:
    'M7.5 4a2.6 2.6 0 110 5.2 2.6 2.6 0 010-5.2M2.5 16.5c0-3.4 2-5 5-5s5 1.6 5 5M13 4.4a2.4 2.4 0 010 4.5M14.3 11.8c2 .4 3.2 1.9 3.2 4.7',
  inbox: 'M3 11l2.5-6.5h9L17 11v5.5H3zM3 11h4l1 2h4l1-2h4',
  key: 'M6.5 8.5a3.5 3.5 0 110 5 3.5 3.5 0 010-5M9.8 9.5L17 3.5M14 6l2 2.2M12 7.7l1.4 1.6',
  trail: 'M5 3.5h10v13H5zM7.5 7h5M7.5 10h5M7.5 13h3',
  sheet: 'M4 3.5h12v13H4zM4 8h12M4 12h12M9 8v8.5',
  calendar: 'M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5M7 12h.1M10 12h.1M13 12h.1',
  book: 'M4 4h4.5A1.5 1.5 0 0110 5.5V16a1.5 1.5 0 00-1.5-1.5H4zM16 4h-4.5a1.5 1.5 0 00-1.5 1.5V16a1.5 1.5 0 011.5-1.5H16z',
  qr: 'M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h2v2M16.5 11.5v2M11.5 16.5h2M16.5 16.5h-1',
} as const;

Object.assign(icons, deskIcons);
