/** Under which GraphiQL keeps what was run, and what was marked, each with the headers that it was sent with. */
const HISTORY = /:(queries|favorites)$/;

/** The browser's storage without headers: a token that stays behind in a browser is found there by whoever comes next. */
export const storageWithoutHeaders = {
  get length(): number {
    return localStorage.length;
  },
  clear: () => localStorage.clear(),
  getItem: (key: string) => localStorage.getItem(key),
  removeItem: (key: string) => localStorage.removeItem(key),
  setItem: (key: string, value: string) => localStorage.setItem(key, HISTORY.test(key) ? withoutHeaders(value) : value),
};

const withoutHeaders = (json: string): string =>
  JSON.stringify(JSON.parse(json, (name, value) => (name === "headers" ? undefined : value)));
