// Keeps the family's pages on the phone, so that they open without a line. Never keeps anybody's
// data: what is under /api always comes from the server.
const VERSION = 'VERSION';
const CACHE = `sj-${VERSION}`;
const FILES = [
  /* FILES */
];
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  const forget = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

/** The newest page if the line is good, else the kept one. */
async function page(request) {
  const kept = await caches.match('/');
  const patience = new Promise((_, failed) => setTimeout(failed, kept ? PATIENCE_MS : 60_000));
  try {
    return await Promise.race([fetch(request), patience]);
  } catch {
    return kept ?? Response.error();
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname.startsWith('/api/')) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
