/** A log-in name. Here without zod: a page that checks one before it sends it needs no more than this. */
export const USERNAME = /^[a-z0-9][a-z0-9._-]{1,31}$/;
