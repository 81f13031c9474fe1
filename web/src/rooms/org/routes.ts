// The pages of this room. What a family opens first is one file; everything
// else comes when it is opened.

import type { RouteRecordRaw } from 'vue-router';

const first = () => import('./family/first');

export const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./public/LandingPage.vue') },
  {
    path: '/j/:code?',
    component: () => first().then((pages) => pages.JoinPage),
    meta: { title: 'join.page' },
  },
  {
    path: '/my',
    component: () => first().then((pages) => pages.FamilyShell),
    children: [
      {
        path: '',
        component: () => first().then((pages) => pages.ChildrenPage),
        meta: { face: 'family', title: 'nav.children' },
      },
      {
        path: 'settings',
        component: () => import('./family/SettingsPage.vue'),
        meta: { face: 'family', title: 'nav.settings' },
      },
      {
        path: ':child',
        component: () => import('./family/ChildPage.vue'),
        meta: { face: 'family', title: 'child.page' },
      },
      {
        path: ':child/looks',
        component: () => import('./family/LooksPage.vue'),
        meta: { face: 'family', title: 'looks.page' },
      },
      {
        path: ':child/requests',
        component: () => import('./family/RequestsPage.vue'),
        meta: { face: 'family', title: 'request.page' },
      },
    ],
  },
  {
    path: '/login',
    component: () => import('./desk/LoginPage.vue'),
    meta: { title: 'login.title' },
  },
  {
    path: '/password',
    component: () => import('./desk/PasswordPage.vue'),
    meta: { face: 'desk', title: 'password.title' },
  },
  // The desk's own table of pages comes with the desk.
  {
    path: '/desk/:rest(.*)*',
    name: 'desk',
    component: { render: () => null },
    meta: { face: 'desk' },
  },
  {
    path: '/:rest(.*)*',
    component: () => import('./public/NotFound.vue'),
    meta: { title: 'not_found.title' },
  },
];
