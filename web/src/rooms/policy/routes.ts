// What anybody may read of this room; its pages at the desk are in desk/routes.ts.

import type { RouteRecordRaw } from 'vue-router';

export const routes: RouteRecordRaw[] = [
  {
    path: '/rules',
    component: () => import('./public/PublicFrame.vue'),
    children: [
      {
        path: '',
        component: () => import('./public/RulesPage.vue'),
        meta: { title: 'rules.title', rules: true },
      },
      {
        path: ':rule',
        component: () => import('./public/RulePage.vue'),
        meta: { title: 'rules.title', rules: true },
      },
    ],
  },
];
