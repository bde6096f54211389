// A certified OpenID provider for one test: `node provider.mjs PORT REDIRECT_URI MODULES`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [port, redirect, modules] = process.argv.slice(2);
const require = createRequire(path.join(modules, "x.js"));
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "zhichuang", client_secret: "a secret of the test", redirect_uris: [redirect] }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["name", "uscc"] },
  conformIdTokenClaims: false,
  // Anybody signs in under the name that he types; a name before a colon is a legal person's code.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: "周启明", uscc: id.includes(":") ? id.split(":")[0] : undefined }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
