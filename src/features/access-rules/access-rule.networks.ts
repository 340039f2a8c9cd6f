import { BlockList, isIP } from "node:net";

/** A block of addresses in CIDR notation (RFC 4632, RFC 4291): `10.0.0.0/8`, `2001:db8::/32`; an address alone is a block of one. */
export function parseNetwork(text: string): { address: string; prefix: number; family: "ipv4" | "ipv6" } | undefined {
  const [, address, length] = /^([0-9a-f.:]{2,45})(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = address ? isIP(address) : 0;
  if (!address || version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : Number(length);
  return prefix <= most ? { address, prefix, family: version === 4 ? "ipv4" : "ipv6" } : undefined;
}

/** Whether an address lies in one of these blocks; one that is not known lies in none. IPv4 inside of IPv6 (`::ffff:…`) is IPv4. */
export function isInside(networks: readonly string[], address: string | undefined): boolean {
  const known = address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
  const version = isIP(known);
  if (version === 0) return false;
  const blocks = new BlockList();
  for (const network of networks) {
    const block = parseNetwork(network);
    if (block) blocks.addSubnet(block.address, block.prefix, block.family);
  }
  return blocks.check(known, version === 4 ? "ipv4" : "ipv6");
}
