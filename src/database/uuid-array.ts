/** The type uuid in PostgreSQL's catalogue. */
const UUID_TYPE = 2950;
const UUID_BYTES = 16;
const HEAD_BYTES = 20;

/** A value of `uuid[]` as PostgreSQL receives it in binary (`array_recv`), so that nobody writes or reads them as a text. The UUIDs come as words of 32 bits, four of each. */
export function uuidArray(words: Uint32Array): Buffer {
  const count = words.length / 4;
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + count * (4 + UUID_BYTES));
  // Dimensions, no nulls, the elements' type, how many, and the first one's index.
  for (const [place, word] of [1, 0, UUID_TYPE, count, 1].entries()) bytes.writeInt32BE(word, place * 4);
  for (let at = HEAD_BYTES, word = 0; word < words.length; word += 4) {
    at = bytes.writeInt32BE(UUID_BYTES, at);
    for (let part = 0; part < 4; part++) at = bytes.writeUInt32BE(words[word + part] as number, at);
  }
  return bytes;
}
