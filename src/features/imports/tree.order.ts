/** The cycles among nodes that each point at one other node at most; each cycle once, as its nodes in the order they point. */
export function cyclesOf(nodes: Iterable<string>, next: (node: string) => string | null | undefined): string[][] {
  const cycles: string[][] = [];
  const seenFrom = new Map<string, string>();
  for (const start of nodes) {
    let node: string | null | undefined = start;
    while (node != null && !seenFrom.has(node)) {
      seenFrom.set(node, start);
      node = next(node);
    }
    if (node == null || seenFrom.get(node) !== start) continue;
    const cycle = [node];
    for (let on = next(node); on != null && on !== node; on = next(on)) cycle.push(on);
    cycles.push(cycle);
  }
  return cycles;
}

/** The same nodes, each after the one it points at where that is among them. They must be free of cycles. */
export function topDown<T>(nodes: readonly T[], keyOf: (node: T) => string, next: (node: T) => string | null): T[] {
  const byKey = new Map(nodes.map((node) => [keyOf(node), node]));
  const placed = new Set<T>();
  for (const node of nodes) {
    const trail: T[] = [];
    for (let on: T | undefined = node; on && !placed.has(on); on = byKey.get(next(on) ?? "")) trail.push(on);
    for (const one of trail.reverse()) placed.add(one);
  }
  return [...placed];
}
