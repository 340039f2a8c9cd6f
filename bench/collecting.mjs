/*
 * Loaded before a gateway's own program: on SIGUSR2 it collects all that nothing refers to any more, so that what is in use can be seen whatever the
 * collector would have done by itself. Needs --expose-gc.
 */
process.on("SIGUSR2", () => globalThis.gc());
