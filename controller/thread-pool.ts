/**
 * Node's threads for files and password hashes; its usual four are gone when four readings of a disk hang, and then nothing that needs one goes on,
 * on whatever disk. Read once, with the first use: this module is imported before all others.
 */
process.env.UV_THREADPOOL_SIZE ??= '24';
