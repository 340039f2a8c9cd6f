/*
 * Loaded into a gateway before everything else: on SIGUSR2 it collects garbage and writes what is left to the file of MEMORY_FILE.
 */
const { writeFileSync, renameSync } = require("node:fs");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

process.on("SIGUSR2", () => {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const file = process.env.MEMORY_FILE;
  writeFileSync(`${file}.draft`, JSON.stringify({ heapUsed, external, arrayBuffers }));
  renameSync(`${file}.draft`, file);
});
