// Pages and who may open them.

import { createRouter, createWebHistory } from 'vue-router';
import type { RouteRecordRaw } from 'vue-router';
import { loadDeskWords, loadRuleWords, t } from './i18n';
import type { Key } from './i18n';
import { loadSession, session, watchSession } from './session';

declare module 'vue-router' {
  interface RouteMeta {
    /** The heading of the page, also in the tab. */
    title?: Key;
    /** Who is let in; nobody is asked if it is not there. */
    face?: 'family' | 'desk';
    permission?: string;
    /** It speaks of rules. */
    rules?: boolean;
  }
}

/** Pages that are added when a route with this name is first met; the route makes way for them. */
export type LatePages = Record<string, () => Promise<{ routes: RouteRecordRaw[] }>>;

export function makeRouter(routes: RouteRecordRaw[], late: LatePages = {}) {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  });

  router.beforeEach(async (to) => {
    const { face } = to.meta;
    if (face === 'desk' || to.path === '/login') await loadDeskWords();
    if (to.meta.rules) await loadRuleWords();
    const name = String(to.name ?? '');
    const more = late[name];
    if (more) {
      const pages = await more();
      router.removeRoute(name);
      for (const page of pages.routes) router.addRoute(page);
      return to.fullPath;
    }
    if (!face) return true;
    try {
      await loadSession();
    } catch {
      return true; // the page itself says that the line is down, and what is safe
    }
    if (!session.value) {
      return face === 'family'
        ? { path: '/j', query: { back: to.fullPath } }
        : { path: '/login', query: { back: to.fullPath } };
    }
    if (session.value.must_change && to.path !== '/password') return '/password';
    if (face === 'desk' && session.value.kind === 'family') return '/my';
    if (face === 'family' && session.value.kind === 'staff') return '/desk';
    return true;
  });

  router.afterEach((to) => {
    document.title = to.meta.title ? `${t(to.meta.title)} · ${t('app.name')}` : t('app.name');
  });

  // A new version has replaced the files this page knew: load the page anew, once.
  router.onError((error, to) => {
    if (!/dynamically imported module|Importing a module|preload/i.test(String(error))) return;
    if (to.query.fresh === undefined) {
      location.assign(router.resolve({ ...to, query: { ...to.query, fresh: '1' } }).href);
    }
  });

  watchSession(() => {
    const { face } = router.currentRoute.value.meta;
    const back = router.currentRoute.value.fullPath;
    if (face === 'desk') void router.push({ path: '/login', query: { back, ended: '1' } });
    if (face === 'family') void router.push({ path: '/j', query: { back, ended: '1' } });
  });
  return router;
}
