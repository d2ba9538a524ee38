export { createInventory, fmClustersInWords, type Inventory, type InventoryDeps } from './inventory.ts';
export { inventoryRoutes } from './routes.ts';
export type { Resolution } from './targets.ts';
