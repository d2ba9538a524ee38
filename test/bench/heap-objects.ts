/** Compiled code grows while functions become hot, for hours; a leak is made of objects. */
const NOT_OBJECTS = new Set(['code', 'hidden', 'object shape']);

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
}

/** MB (10^6 bytes) of the objects, strings and closures in a V8 heap snapshot, which holds only what is still referred to. */
export function objectsMb(text: string): number {
  const { snapshot, nodes } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('self_size')];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (!NOT_OBJECTS.has(types[0][nodes[at + typeAt] ?? 0] ?? '')) bytes += nodes[at + sizeAt] ?? 0;
  }
  return bytes / 1e6;
}
