import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { CHALLENGE_SECONDS } from "./sign-in.challenge.ts";

/** A passkey as it is stored. */
export interface StoredPasskey {
  id: string;
  userId: string;
  credentialId: Buffer;
  publicKey: Buffer;
  transports: string[];
  counter: number;
}

/** A passkey that was just made. */
export interface NewPasskey {
  credentialId: Buffer;
  publicKey: Buffer;
  transports: string[];
  counter: number;
  backedUp: boolean;
}

const RP_NAME = "Rollcall";
/** COSE: EdDSA, ES256 and RS256, which every authenticator has one of. */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = CHALLENGE_SECONDS * 1000;
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "base64url"));

/** The ceremonies of WebAuthn Level 3, for the origin that people reach the gateway at. */
export class Passkeys {
  readonly #origin: string;
  readonly #rpId: string;

  constructor(publicUrl: string) {
    this.#origin = new URL(publicUrl).origin;
    this.#rpId = new URL(publicUrl).hostname;
  }

  /** What `navigator.credentials.create` takes. */
  async creationOptions(
    user: { id: string; name: string; displayName: string },
    known: readonly StoredPasskey[],
    challenge: string,
  ): Promise<object> {
    return generateRegistrationOptions({
      rpName: RP_NAME,
      rpID: this.#rpId,
      userID: bytes(Buffer.from(user.id.replaceAll("-", ""), "hex").toString("base64url")),
      userName: user.name,
      userDisplayName: user.displayName,
      challenge: bytes(challenge),
      timeout: TIMEOUT_MS,
      attestationType: "none",
      supportedAlgorithmIDs: ALGORITHMS,
      excludeCredentials: known.map(descriptor),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
  }

  /** The passkey that a browser made for a challenge; undefined where it did not. */
  async verifyEnrolment(response: object, challenge: string): Promise<NewPasskey | undefined> {
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!verified) return undefined;
      const { credential, credentialBackedUp } = registrationInfo;
      return {
        credentialId: Buffer.from(credential.id, "base64url"),
        publicKey: Buffer.from(credential.publicKey),
        transports: [...(credential.transports ?? [])],
        counter: credential.counter,
        backedUp: credentialBackedUp,
      };
    } catch {
      return undefined; // What was sent is no answer to the challenge; why, only its sender could know.
    }
  }

  /** What `navigator.credentials.get` takes: any passkey of this place, or one of these. The person is verified each time. */
  async requestOptions(challenge: string, known: readonly StoredPasskey[] = []): Promise<object> {
    return generateAuthenticationOptions({
      rpID: this.#rpId,
      challenge: bytes(challenge),
      timeout: TIMEOUT_MS,
      userVerification: "required",
      allowCredentials: known.map(descriptor),
    });
  }

  /** The passkey's counter after it signed a challenge; undefined where it did not. */
  async verifyUse(response: object, challenge: string, passkey: StoredPasskey): Promise<number | undefined> {
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        credential: {
          id: passkey.credentialId.toString("base64url"),
          publicKey: new Uint8Array(passkey.publicKey),
          counter: passkey.counter,
        },
      });
      return verified ? authenticationInfo.newCounter : undefined;
    } catch {
      return undefined;
    }
  }
}

const descriptor = ({ credentialId, transports }: StoredPasskey) => ({
  id: credentialId.toString("base64url"),
  transports,
});
