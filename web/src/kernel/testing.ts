// For tests only: mounts a component with a router and the Chinese words.

import { createApp, defineComponent, h, nextTick } from 'vue';
import type { Component } from 'vue';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import desk from './i18n/desk.zh.json';
import { setWords } from './i18n';
import rules from './i18n/rules.zh.json';
import zh from './i18n/zh.json';

export async function mount(component: unknown, props: object = {}, at = '/page') {
  setWords('zh', { ...zh, ...rules }, desk);
  const page = defineComponent({ render: () => h(component as Component, props) });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: page }],
  });
  await router.push(at);
  const app = createApp(RouterView);
  app.use(router);
  const root = document.createElement('div');
  document.body.append(root);
  app.mount(root);
  await settle();
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  return {
    root,
    router,
    all,
    one: (selector: string): HTMLElement => {
      const found = all(selector)[0];
      if (!found) throw new Error(`nothing matches ${selector}`);
      return found;
    },
    texts: (selector: string) => all(selector).map((one) => one.textContent.trim()),
    unmount: () => {
      app.unmount();
      root.remove();
    },
  };
}

/** Lets navigations, watchers and renders finish. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    await new Promise((done) => setTimeout(done, 0));
    await nextTick();
  }
}
