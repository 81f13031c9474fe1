// The order of these two and of the components' own styles matters: later rules win.
import './kernel/styles/tokens.css';
import './kernel/styles/base.css';
import { createApp } from 'vue';
import App from './App.vue';
import { preferred, useLanguage } from './kernel/i18n';
import { watchLine } from './kernel/outbox';
import { makeRouter } from './kernel/router';
import { showType } from './kernel/type';
import { routes } from './rooms/org/routes';

async function start(): Promise<void> {
  showType();
  await useLanguage(preferred());
  const app = createApp(App);
  app.use(makeRouter(routes, { desk: () => import('./rooms/org/desk/routes') }));
  app.mount('#app');
  watchLine();
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  }
}

void start();
