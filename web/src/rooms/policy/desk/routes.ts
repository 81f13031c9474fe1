// This room's pages at the desk; they come with the desk, within its frame.

import type { RouteRecordRaw } from 'vue-router';

const desk = { face: 'desk' } as const;

export const pages: RouteRecordRaw[] = [
  {
    path: 'calendar',
    component: () => import('../calendar/CalendarPage.vue'),
    meta: { ...desk, title: 'desk.calendar', rules: true },
  },
  {
    path: 'calendar/years',
    component: () => import('../calendar/YearImportPage.vue'),
    meta: { ...desk, title: 'years.title' },
  },
  {
    path: 'rules',
    component: () => import('./DeskRulesPage.vue'),
    meta: { ...desk, title: 'desk.rules', rules: true },
  },
  {
    path: 'rules/own',
    component: () => import('./OwnRulesPage.vue'),
    meta: { ...desk, title: 'own.title', rules: true },
  },
];
