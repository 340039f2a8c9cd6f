import { setFlagsFromString } from "node:v8";

/** How much more than what is in use the heap may hold before it is collected whole, in percent, and the young generation beside it. */
const GROWTH_PERCENT = 40;

/**
 * Keeps the process's memory near what it uses. Left to itself V8 lets the heap become four times as large as what is in use before it looks for what is not: work on
 * many people, whose batches live for just so long that they are taken for lasting, would fill hundreds of megabytes with what nobody needs any more.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
