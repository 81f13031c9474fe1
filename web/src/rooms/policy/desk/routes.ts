// This room's pages at the desk; they come with the desk, within its frame.

import type { RouteRecordRaw } from 'vue-router';

const desk = { face: 'desk' } as const;

export const pages: RouteRecordRaw[] = [
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
