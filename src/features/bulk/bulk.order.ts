/** Somebody of a plan, among others in the order in which they need each other. */
export interface InOrder {
  id: string;
  step: number;
  isMade: boolean;
  /** To whom whoever is made is to report. */
  managerId: string | null | undefined;
}

/**
 * Who is changed next in one commit, of people in the order in which they need each other: at most `size`, all of one step, with those of later steps who are made
 * to report to somebody made among them, where nobody before them there is changed. So a manager's search row is written once, with all who report there, and not once more
 * for those who come later: one more than `size` tells whether a manager at the end would be parted from some of them, and is left for the next commit then.
 */
export function nextTogether<T>(people: readonly T[], size: number, of: (one: T) => InOrder): readonly T[] {
  const placed = people.slice(0, size + 1).map(of);
  /** Where whoever is made stands. */
  const made = new Map<string, number>();
  const above = ({ isMade, managerId }: InOrder) => (isMade && managerId ? made.get(managerId) : undefined);
  for (const [place, one] of placed.entries()) {
    if (place === size) break;
    // Whoever is changed may give up what those of later steps get: they come once that is written.
    if (one.step !== placed[0]?.step && (above(one) === undefined || made.size < place)) return people.slice(0, place);
    if (one.isMade) made.set(one.id, place);
  }
  const next = placed[size];
  const manager = next && above(next);
  const isAtTheEnd = manager && placed.slice(manager + 1).every(({ managerId }) => managerId === next.managerId);
  return people.slice(0, isAtTheEnd ? manager : size);
}
