import { isIP } from "node:net";

const withoutZone = (address: string): string => address.split("%", 1)[0] as string;

/** What an address is counted as: itself, an IPv4 address in IPv6 as the former; of IPv6 its /64, which is what one subscriber has at least. */
export function networkOf(given: string): string {
  const address = withoutZone(given).toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined || isIP(address) !== 6) return mapped ?? address;
  const [before = "", after = ""] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const trailing = [...after];
  const words = before.length + trailing.length + (address.includes(".") ? 1 : 0);
  const all = [...before, ...Array.from({ length: 8 - words }, () => "0"), ...trailing];
  const network = all.slice(0, 4).map((word) => Number.parseInt(word, 16).toString(16));
  return `${network.join(":")}::/64`;
}

/** Whether this is what `networkOf` gives, and not what somebody is called. */
export const isNetwork = (text: string): boolean => isIP(text.split("/", 1)[0] as string) !== 0;
