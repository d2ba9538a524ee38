// Loads the controller's code without starting anything: Node keeps what it compiled in NODE_COMPILE_CACHE, and a start is that much shorter.
await import('../controller/app.ts');
await import('../controller/offload-thread.ts');
