/**
 * Splits things into groups that share no key, by union–find: two things with a key in common are in
 * the same group, and so are things joined through others. Groups and their members keep the order
 * of the input. Almost linear in the number of keys.
 */
export function connectedGroups<T>(
  things: readonly T[],
  keysOf: (thing: T) => readonly string[],
): T[][] {
  const parents = things.map((_, index) => index);
  const firstWithKey = new Map<string, number>();
  // By index: what `entries` makes for each thing would be as much as the groups themselves.
  things.forEach((thing, index) => {
    for (const key of keysOf(thing)) {
      const first = firstWithKey.get(key);
      if (first === undefined) firstWithKey.set(key, index);
      else join(parents, first, index);
    }
  });
  const groups = new Map<number, T[]>();
  things.forEach((thing, index) => {
    const root = rootOf(parents, index);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [thing]);
    else group.push(thing);
  });
  return [...groups.values()];
}

function join(parents: number[], a: number, b: number): void {
  const rootA = rootOf(parents, a);
  const rootB = rootOf(parents, b);
  parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

function rootOf(parents: number[], index: number): number {
  let root = index;
  for (
    let parent = parents[root];
    parent !== undefined && parent !== root;
    parent = parents[root]
  ) {
    // Halves the path on the way, which keeps the trees flat.
    parents[root] = parents[parent] ?? parent;
    root = parent;
  }
  return root;
}
