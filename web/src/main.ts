// The order of these two and of the components' own styles matters: later rules win.
import './kernel/styles/tokens.css';
import './kernel/styles/base.css';
import { createApp } from 'vue';
import { loadRouteLocation } from 'vue-router';
import App from './App.vue';
import { preferred, useLanguage } from './kernel/i18n';
import { watchLine } from './kernel/outbox';
import { makeRouter } from './kernel/router';
import { showType } from './kernel/type';
import { routes as org } from './rooms/org/routes';
import { routes as policy } from './rooms/policy/routes';

/** The desk's frame, with the pages that other rooms have there. */
async function desk() {
  const [frame, other] = await Promise.all([
    import('./rooms/org/desk/routes'),
    import('./rooms/policy/desk/routes'),
  ]);
  const [first, ...rest] = frame.routes;
  return { routes: [{ ...first!, children: [...first!.children!, ...other.pages] }, ...rest] };
}

async function start(): Promise<void> {
  showType();
  const router = makeRouter([...policy, ...org], { desk });
  // The page that was asked for comes along with the words, not after them.
  const asked = router.resolve(location.pathname + location.search);
  const page = loadRouteLocation(asked).catch(() => undefined); // the router will tell
  await useLanguage(preferred(), asked.meta.rules);
  await page;
  const app = createApp(App);
  app.use(router);
  app.mount('#app');
  watchLine();
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  }
}

void start();
