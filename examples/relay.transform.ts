/**
 * What Relay's plugin for Babel, SWC or Vite does in an application, for Node: each graphql`…` becomes an import of what
 * relay-compiler made of it, and those imports find their files.
 */
import { registerHooks } from "node:module";

const LITERAL = /graphql`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`/g;

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(/\.graphql$/, ".graphql.ts"), context),
  load(url, context, next) {
    const loaded = next(url, context);
    if (!/\/relay[.\w]*\.ts$/.test(url)) return loaded;
    const imports: string[] = [];
    const source = String(loaded.source).replace(LITERAL, (_, name: string) => {
      imports.push(`import artifact_${name} from "./__generated__/${name}.graphql.ts";`);
      return `artifact_${name}`;
    });
    return { ...loaded, source: `${source}\n${imports.join("\n")}` };
  },
});
