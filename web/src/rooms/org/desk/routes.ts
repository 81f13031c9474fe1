// The pages of the desk, added when somebody first opens it: families never load them.

import type { RouteRecordRaw } from 'vue-router';
import DeskShell from './DeskShell.vue';
import OverviewPage from './OverviewPage.vue';
import { can } from '@/kernel/session';

const desk = { face: 'desk' } as const;

/** The first queue that this person may work on. */
function firstQueue(): string {
  if (can('org.newcomer.decide')) return '/desk/queues/newcomers';
  return can('org.request.decide') ? '/desk/queues/requests' : '/desk/queues/grants';
}

export const routes: RouteRecordRaw[] = [
  {
    path: '/desk',
    component: DeskShell,
    children: [
      { path: '', component: OverviewPage, meta: { ...desk, title: 'desk.overview' } },
      {
        path: 'schools',
        component: () => import('./SchoolsPage.vue'),
        meta: { ...desk, title: 'desk.schools' },
      },
      {
        path: 'schools/:school',
        component: () => import('./SchoolPage.vue'),
        meta: { ...desk, title: 'school.one' },
      },
      {
        path: 'classes/:class/:tab?',
        component: () => import('./ClassPage.vue'),
        meta: { ...desk, title: 'class.name' },
      },
      {
        path: 'people',
        component: () => import('./PeoplePage.vue'),
        meta: { ...desk, title: 'desk.people' },
      },
      {
        path: 'people/:person',
        component: () => import('./PersonPage.vue'),
        meta: { ...desk, title: 'desk.people' },
      },
      {
        path: 'imports',
        component: () => import('./ImportsPage.vue'),
        meta: { ...desk, title: 'desk.imports' },
      },
      {
        path: 'imports/new',
        component: () => import('./ImportNewPage.vue'),
        meta: { ...desk, title: 'import.new' },
      },
      {
        path: 'imports/:import',
        component: () => import('./ImportPage.vue'),
        meta: { ...desk, title: 'desk.imports' },
      },
      {
        path: 'print/invitations',
        component: () => import('./PrintInvitationsPage.vue'),
        meta: { ...desk, title: 'invitations.print' },
      },
      {
        path: 'queues',
        component: () => import('./QueuesPage.vue'),
        meta: { ...desk, title: 'desk.queues' },
        children: [
          { path: '', redirect: () => firstQueue() },
          {
            path: 'newcomers',
            component: () => import('./NewcomersPage.vue'),
            meta: { ...desk, title: 'queue.newcomers' },
          },
          {
            path: 'leavers',
            component: () => import('./LeaversPage.vue'),
            meta: { ...desk, title: 'queue.leavers' },
          },
          {
            path: 'merges',
            component: () => import('./MergesPage.vue'),
            meta: { ...desk, title: 'queue.merges' },
          },
          {
            path: 'requests',
            component: () => import('./RequestsQueuePage.vue'),
            meta: { ...desk, title: 'queue.requests' },
          },
          {
            path: 'grants',
            component: () => import('./GrantsPage.vue'),
            meta: { ...desk, title: 'queue.grants' },
          },
        ],
      },
      {
        path: 'access',
        component: () => import('./AccessPage.vue'),
        meta: { ...desk, title: 'desk.access' },
        children: [
          { path: '', component: () => import('./RolesPage.vue') },
          { path: 'accounts', component: () => import('./AccountsPage.vue') },
          { path: 'officers', component: () => import('./OfficersPage.vue') },
          { path: 'catalogue', component: () => import('./RoleCataloguePage.vue') },
          { path: 'why', component: () => import('./WhyPage.vue') },
        ],
      },
      {
        path: 'audit',
        component: () => import('./AuditPage.vue'),
        meta: { ...desk, title: 'desk.audit' },
      },
      { path: 'me', component: () => import('./MePage.vue'), meta: { ...desk, title: 'me.title' } },
      {
        path: ':rest(.*)*',
        component: () => import('../public/NotFound.vue'),
        meta: { ...desk, title: 'not_found.title' },
      },
    ],
  },
];
