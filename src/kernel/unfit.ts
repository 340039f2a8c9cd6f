/** Why no work should be sent to a gateway, in words for whoever runs it: without a secret, an address or a statement. */
export class Unfit extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Unfit";
  }
}
