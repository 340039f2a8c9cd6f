import { expect, it } from "vitest";
import { SILENT_MS } from "../../src/database/transaction.ts";
import { databaseKind } from "../support/database.ts";
import { Load } from "../support/fault-load.ts";
import { environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/load.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { onlyLong, patience, rounds } from "../support/rounds.ts";

const random = seeded("frozen");

/* One of two gateways stands still under load, wherever it is, as a machine does that is short of memory or moved; then it goes on. */

const ROUNDS = rounds(1, 100);

it.runIf(databaseKind === "postgres")(
  `a gateway that stands still keeps the other one from nothing for long, and loses and doubles nothing when it goes on, ${ROUNDS} times`,
  async () => {
    const environment = await environmentForTest();
    const gateways = [await GatewayProcess.start(environment), await GatewayProcess.start(environment)] as const;
    const places: [Place, Place] = [{ url: gateways[0].url }, { url: gateways[1].url }];
    const load = await Load.begin(places);
    const milliseconds: Record<"other" | "own" | "sealing", number[]> = { other: [], own: [], sealing: [] };
    for (let round = 0; round < ROUNDS; round++) {
      await load.further(1 + Math.floor(random() * 10));
      const sealing = await Promise.all(gateways.map((gateway) => gateway.metric("audit_sealer_lag_commits")));
      const still = sealing[0] === undefined ? 1 : 0; // whichever seals
      gateways[still]?.freeze();
      const frozen = performance.now();
      milliseconds.other.push(await load.recovered(places[1 - still]));
      await expect
        .poll(() => gateways[1 - still]?.metric("audit_sealer_lag_commits"), { timeout: 30_000, interval: 50 })
        .toBeDefined();
      milliseconds.sealing.push(performance.now() - frozen);
      gateways[still]?.goOn();
      milliseconds.own.push(await load.recovered());
    }
    const writes = load.acknowledged;
    await load.end();
    expect(writes).toBeGreaterThan(ROUNDS);
    const { other, own, sealing } = milliseconds;
    expect(Math.max(...sealing)).toBeLessThan(onlyLong(true) ? 5_000 : 30_000);
    expect(Math.max(...other)).toBeLessThan(SILENT_MS / 2);
    tellRecoveries({
      fault: "one of two gateways stands still",
      from: "its last step, at the other",
      milliseconds: other,
      writes,
    });
    const fault = "the gateway that seals stands still, until the other seals";
    tellRecoveries({ fault, from: "its last step", milliseconds: sealing, writes });
    tellRecoveries({ fault: "one of two gateways goes on", from: "its next step, at both", milliseconds: own, writes });
  },
  patience(ROUNDS),
);
