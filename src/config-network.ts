import { isIP } from "node:net";

/** What reads the environment, as far as networks need it. */
interface Reads {
  text(name: string): string | undefined;
  fail(name: string, problem: string): void;
}

/** Network addresses, and networks as address/bits, between commas. */
export function readNetworks(read: Reads, name: string): readonly string[] {
  const given = (read.text(name) ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (!given.every(isNetwork)) read.fail(name, "must be addresses or networks between commas, such as 10.0.0.0/8,::1.");
  return Object.freeze(given);
}

/** Origins of web pages between commas, such as https://app.example; undefined where none is given. */
export function readOrigins(read: Reads, name: string): readonly string[] | undefined {
  const given = read
    .text(name)
    ?.split(",")
    .map((one) => one.trim());
  if (!given?.every((one) => URL.canParse(one) && new URL(one).origin === one))
    if (given) read.fail(name, "must be origins between commas, such as https://app.example,https://admin.example.");
  return given && Object.freeze(given);
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const most = isIP(address) === 4 ? 32 : 128;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && more.length === 0 && fits;
}
