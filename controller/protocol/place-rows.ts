/** Rows of one table of places: what a commune types or pastes at once. Here without zod, for the page that counts them. */
export const MOST_PLACE_ROWS = 1000;
