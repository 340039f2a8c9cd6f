import { it } from "vitest";
import { Load } from "../support/fault-load.ts";
import { environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/load.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { patience, rounds } from "../support/rounds.ts";

const random = seeded("crash");

/* The gateway is killed under load, between commit and push wherever that falls. */

const ROUNDS = rounds(3, 100);

it(
  `clients that resume have each change exactly once, over ${ROUNDS} kills of the gateway under writes, and acknowledged writes are all there`,
  async () => {
    const environment = await environmentForTest();
    let gateway = await GatewayProcess.start(environment);
    const place: Place = { url: gateway.url };
    const load = await Load.begin([place]);
    const milliseconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await load.further(1 + Math.floor(random() * 20));
      const began = performance.now();
      await gateway.kill();
      place.url = undefined;
      gateway = await GatewayProcess.start(environment);
      place.url = gateway.url;
      await load.recovered();
      milliseconds.push(performance.now() - began);
    }
    const writes = load.acknowledged;
    await load.end();
    tellRecoveries({ fault: "gateway killed", from: "the kill, its start included", milliseconds, writes });
  },
  patience(ROUNDS),
);
