export { createDemo, type Demo } from './demo.ts';
export { requirePurpose } from './purpose.ts';
