// The client that a front end would make: fetch, no dependency, importable by Node as it is.
export default {
  input: "openapi.json",
  output: { path: "typescript", importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
};
