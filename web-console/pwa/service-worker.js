/*
 * Keeps the console's own files, so that it opens without the network. It never sees the API: commands and states are the
 * business of the page, which shows its dated copy and sends nothing later on.
 */
const CACHE = 'loa-xa-__VERSION__';
const SHELL = '__SHELL__';

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('loa-xa-') && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/api/') || url.pathname === '/health' || url.pathname === '/metrics') return;
  const key = request.mode === 'navigate' ? '/' : request;
  event.respondWith(caches.match(key, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
});
