/*
 * The peer: PostGraphile 5 with its filters over connections and its aggregates, as a server in production, on the gateway's own tables. It is told
 * how those hang together, since the search row has no foreign keys. Told by the environment where the database is; says its port.
 */
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const relation = (table, keys) => ({ [`public.${table}`]: { tags: { foreignKey: keys } } });
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      ...relation("user_search", [
        "(manager_id) references public.user_search (user_id)|@fieldName manager|@foreignFieldName reports",
      ]),
      ...relation("audit_log", [
        "(subject_id) references public.user_search (user_id)|@fieldName subject|@foreignFieldName auditEvents",
      ]),
    },
  },
});

const { max, ...connection } = JSON.parse(process.env.PEER_DATABASE ?? "{}");
const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset, PgAggregatesPreset],
  plugins: [tags],
  // It would let people be filtered and grouped by the first column of an index alone.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      ...connection,
      // At its best: its statements are named, and a generic plan would be wrong for filters.
      poolConfig: { ...connection, max, options: "-c plan_cache_mode=force_custom_plan" },
      schemas: ["public"],
    }),
  ],
  grafserv: { graphiql: false, watch: false, websockets: false, graphqlPath: "/graphql", maxRequestLength: 1_000_000 },
  grafast: { explain: false },
});

const server = createServer();
server.on("error", (error) => process.stderr.write(`${error.message}\n`));
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${server.address().port}\n`));
