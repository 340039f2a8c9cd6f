/** The data of an answer as the JSON text that the database made of it. It goes to the client as it is. */
export class DataText {
  constructor(readonly json: string) {}
}

/** An answer's data as a value, whoever made it. */
export const dataOf = (data: unknown): unknown => (data instanceof DataText ? JSON.parse(data.json) : data);

/** An answer as text: what the database made is handed through, everything else is printed as Apollo Server prints it. */
export const stringifyAnswer = (answer: { data?: unknown }): string => `${printAnswer(answer)}\n`;

/** The same without the line's end that Apollo Server puts behind it. */
export function printAnswer(answer: { data?: unknown }): string {
  const { data, ...rest } = answer;
  if (!(data instanceof DataText)) return JSON.stringify(answer);
  const more = JSON.stringify(rest).slice(1, -1);
  return `{"data":${data.json}${more === "" ? "" : `,${more}`}}`;
}
